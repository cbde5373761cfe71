"""A tiny real package index on loopback: real wheels, real pages, and faults on demand."""

from tests.registry.faults import Fault, FaultKind
from tests.registry.pages import File, Options
from tests.registry.server import Registry
from tests.registry.wire import Seen

__all__ = ["Fault", "FaultKind", "File", "Options", "Registry", "Seen"]
