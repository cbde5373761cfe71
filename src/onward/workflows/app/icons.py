"""Every icon that a desktop wants, from one PNG or SVG; what draws them is installed for that alone."""

from collections.abc import Mapping
from pathlib import Path

from onward.core.errors import BadInput
from onward.core.perform import Listen
from onward.domain.apps.desktop import ICON_SIZES
from onward.domain.apps.model import App
from onward.workflows.app.build import Bench

PILLOW = "pillow==12.3.0"
RESVG = "resvg-py==0.5.0"
_LARGEST = 20_000_000

_DRAW = """
import io, sys
source, out, sizes = sys.argv[1], sys.argv[2], [int(word) for word in sys.argv[3:]]
from PIL import Image
if source.lower().endswith(".svg"):
    import resvg_py
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_path=source, width=512))))
else:
    picture = Image.open(source)
picture = picture.convert("RGBA")
side = max(picture.size)
square = Image.new("RGBA", (side, side))
square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
for size in sizes:
    square.resize((size, size), Image.Resampling.LANCZOS).save(f"{out}/{size}.png")
"""


def icons_of(app: App, bench: Bench, listen: Listen) -> Mapping[str, bytes]:
    """Give each icon by its path below hicolor (Icon Theme Specification); raises BadInput (``bad-icon``)."""
    if not app.icon:
        return {}
    source = bench.source / app.icon
    if not source.is_file() or source.stat().st_size > _LARGEST:
        raise BadInput(
            "bad-icon", f"`{app.icon}` is not among the project's files, or larger than 20 MB"
        )
    listen("start", f"Drawing icons from {app.icon}")
    is_svg = app.icon.lower().endswith(".svg")
    drawn = bench.draw(_DRAW, (PILLOW, RESVG) if is_svg else (PILLOW,), source, ICON_SIZES)
    found = {f"{size}x{size}/apps/{app.slug}.png": _read(drawn, size) for size in ICON_SIZES}
    if is_svg:
        found[f"scalable/apps/{app.slug}.svg"] = source.read_bytes()
    return found


def _read(folder: Path, size: int) -> bytes:
    return (folder / f"{size}.png").read_bytes()
