"""Every icon that a desktop wants, from one PNG or SVG; what draws them is installed for that alone."""

from collections.abc import Mapping

from onward.core.perform import Listen
from onward.domain.apps.desktop import ICON_SIZES
from onward.domain.apps.model import App
from onward.workflows.app.build import Bench
from onward.workflows.drawn_icons import ICNS, ICO


class Icons:
    """The icon of a program in all its forms; empty where it has none."""

    def __init__(self, app: App, bench: Bench, listen: Listen) -> None:
        self._slug = app.slug
        self._drawn: Mapping[str, bytes] = {}
        self._svg = b""
        if app.icon:
            listen("start", f"Drawing icons from {app.icon}")
            source = bench.source / app.icon
            self._drawn = bench.draw(source, ICON_SIZES)
            self._svg = source.read_bytes() if app.icon.lower().endswith(".svg") else b""

    def linux(self) -> Mapping[str, bytes]:
        """Give each by its path below hicolor (Icon Theme Specification)."""
        if not self._drawn:
            return {}
        slug, drawn = self._slug, self._drawn
        found = {f"{size}x{size}/apps/{slug}.png": drawn[f"{size}.png"] for size in ICON_SIZES}
        if self._svg:
            found[f"scalable/apps/{slug}.svg"] = self._svg
        return found

    def for_file(self, system: str) -> bytes:
        """Give what goes into the program's file on that system (``sys.platform``); empty for none."""
        return self._drawn.get({"darwin": ICNS, "win32": ICO}.get(system, ""), b"")

    def all(self) -> Mapping[str, bytes]:
        """Give those, and one for Windows and one for macOS, by the path in a folder of icons."""
        top = f"{self._slug}-icons"
        return {f"{top}/hicolor/{place}": content for place, content in self.linux().items()} | {
            f"{top}/{self._slug}.ico": self._drawn[ICO],
            f"{top}/{self._slug}.icns": self._drawn[ICNS],
        }
