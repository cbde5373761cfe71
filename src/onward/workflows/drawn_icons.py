"""Every form of an icon from one PNG or SVG; what draws is installed in an environment for that alone, through the guard."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv, words_of
from onward.core.errors import BadInput, EngineFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.workflows.build import Refuse
from onward.workflows.uv_words import outside_if_network

PILLOW = "pillow==12.3.0"
RESVG = "resvg-py==0.5.0"
ICO, ICNS = "icon.ico", "icon.icns"
"""What Windows and macOS want: all sizes in one file."""

_ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
_LARGEST = 20_000_000
_ELSEWHERE = re.compile(rb"<(?:\w+:)?image\b[^>]*?\bhref\s*=\s*[\"']\s*(?!data:|#)", re.ASCII)
_SECONDS = 120.0
_MEMORY = 1 << 30  # bytes: a small file can ask for a picture of any size

# An SVG is drawn anew for each size, so that small ones are sharp. Pillow writes the containers.
_DRAW = """
import io, sys
source, out, ico_sizes, sizes = sys.argv[1], sys.argv[2], *([int(one) for one in word.split(",") if one] for word in sys.argv[3:5])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
except (ImportError, ValueError, OSError):
    pass  # Windows; macOS knows the word and does not heed it
from PIL import Image
def square(picture):
    picture.thumbnail((1024, 1024), Image.Resampling.LANCZOS)  # the largest that is wanted, and drawn from 16 times
    picture = picture.convert("RGBA")
    side = max(picture.size)
    made = Image.new("RGBA", (side, side))
    made.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return made
if source.lower().endswith(".svg"):
    import resvg_py
    def draw(size):
        drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_path=source, width=size))))
        if max(drawn.size) > 8 * min(drawn.size):
            sys.exit(f"it is far from square: {drawn.width} to {drawn.height}")
        return square(drawn).resize((size, size), Image.Resampling.LANCZOS)
else:
    opened = square(Image.open(source, formats=("PNG",)))  # whatever its name says, Pillow would start Ghostscript
    def draw(size):
        return opened.resize((size, size), Image.Resampling.LANCZOS)
for size in sizes:
    draw(size).save(f"{out}/{size}.png")
ico = [draw(size) for size in ico_sizes]
ico[-1].save(f"{out}/icon.ico", sizes=[one.size for one in ico], append_images=ico[:-1])
draw(1024).save(f"{out}/icon.icns", append_images=[draw(size) for size in (16, 32, 64, 128, 256, 512)])
""".replace("MEMORY", str(_MEMORY))


def draw_icons(
    source: Path,
    sizes: Sequence[int],
    uv: Uv,
    refuse: Refuse,
    scratch: Path,
    *,
    runner: Callable[[Call], Ran] = run,
) -> Mapping[str, bytes]:
    """Give a PNG of each size (``SIZE.png``), an ``ICO`` and an ``ICNS``, by their names.

    Raises BadInput (``bad-icon``) for a file that is not there, larger than 20 MB or cannot be drawn.
    """
    if not source.is_file() or source.stat().st_size > _LARGEST:
        raise BadInput(
            "bad-icon", f"`{source.name}` is not among the project's files, or larger than 20 MB"
        )
    if source.suffix.lower() == ".svg" and _ELSEWHERE.search(source.read_bytes()):
        raise BadInput(
            "bad-icon",
            f"`{source.name}` shows a picture of another file, which nobody has who gets the icon",
            hint='Put it into the SVG itself: `href="data:image/png;base64,..."`.',
        )
    place, out = scratch / "draw", scratch / "icons"
    out.mkdir()
    needs = (PILLOW, RESVG) if source.suffix.lower() == ".svg" else (PILLOW,)
    for call in (
        uv_build.empty_environment(uv, place, source.parent),
        uv_build.install(uv, needs, place, source.parent, offline=False),
    ):
        ran = runner(call)
        if not ran.succeeded:
            refuse(words_of(ran))
            outside_if_network(ran)
            raise EngineFailed(
                "no-environment",
                "uv could not make the environment to draw icons in",
                context=words_of(ran),
            )
    lists = (",".join(map(str, one)) for one in (_ICO_SIZES, sizes))
    ran = runner(
        Call(
            argv=(str(uv_build.python_of(place)), "-I", "-c", _DRAW, str(source), str(out), *lists),
            cwd=str(out),
            env={"PATH": "/usr/bin:/bin"},
            timeout=_SECONDS,
        )
    )
    if not ran.succeeded:
        raise BadInput(
            "bad-icon",
            f"`{source.name}` cannot be drawn",
            context=tuple(lines_of(ran.err.decode("utf-8", "replace").strip())[-1:]),
            hint="One PNG or SVG is wanted, best a square one of 1024 pixels.",
        )
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}
