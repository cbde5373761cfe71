"""The published schema of CycloneDX 1.5, as the library of its makers carries it."""

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def schema_fault(bill: bytes) -> str:
    """Give what the schema says against a bill of materials; empty when nothing."""
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill.decode())
    return "" if fault is None else str(fault)
