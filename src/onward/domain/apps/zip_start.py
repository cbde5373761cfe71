"""How a program that is one zip starts (PEP 441): it unpacks itself once beside the caches of its user, then runs from there.

Compiled libraries and data files have no path inside a zip, so all of it is unpacked, by the digest of
what it holds. A Python that it does not fit is told in a sentence.
"""

import json

import msgspec

START = "onward_start.py"
"""The script that is started, at the top of what was unpacked."""


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that is needed: at least ``least``, or exactly ``minor`` and this kind of machine where ``tied``.

    ``system`` is as ``sys.platform``, ``machine`` as ``platform.machine()`` have it.
    """

    least: tuple[int, int] = (3, 8)
    minor: tuple[int, int] = (0, 0)
    system: str = ""
    machine: str = ""
    tied: bool = False

    @property
    def said(self) -> str:
        """Say it in words."""
        if self.tied:
            return f"CPython {self.minor[0]}.{self.minor[1]} on {self.system} ({self.machine})"
        return f"Python {self.least[0]}.{self.least[1]} or newer"

    @property
    def tag(self) -> str:
        """Give the part of a file name that says it, empty where any Python will do."""
        if not self.tied:
            return ""
        return f"-cp{self.minor[0]}{self.minor[1]}-{self.system}-{self.machine}"


def zip_main(slug: str, digest: str, fit: Fit) -> str:
    """Give ``__main__.py``; ``digest`` names what the zip holds, so that another build is unpacked beside it."""
    told = {
        "slug": slug,
        "digest": digest,
        "least": fit.minor if fit.tied else fit.least,
        "exact": fit.tied,
        "system": fit.system,
        "machine": fit.machine,
        "said": fit.said,
    }
    return _MAIN.replace("TOLD", json.dumps(json.dumps(told)), 1).replace("START", START)


_MAIN = '''"""Written by onward. Unpacks this program once, then runs it; ONWARD_APP_CACHE names another folder for that."""

import json
import os
import platform
import shutil
import sys
import tempfile
import zipfile

told = json.loads(TOLD)


def check():
    here = list(sys.version_info[:2])
    fits = here == told["least"] if told["exact"] else here >= told["least"]
    if told["exact"]:
        fits = fits and sys.implementation.name == "cpython"
        fits = fits and [sys.platform, platform.machine()] == [told["system"], told["machine"]]
    if not fits:
        sys.exit(
            "%s needs %s; this is Python %d.%d on %s (%s), %s"
            % (told["slug"], told["said"], here[0], here[1], sys.platform, platform.machine(), sys.executable)
        )


def kept():
    said = os.environ.get("ONWARD_APP_CACHE")
    if not said:
        if sys.platform == "win32":
            said = os.environ.get("LOCALAPPDATA")
        elif sys.platform == "darwin":
            said = os.path.expanduser("~/Library/Caches")
        else:
            said = os.environ.get("XDG_CACHE_HOME")
        said = said or os.path.expanduser("~/.cache")
    return os.path.join(said, told["slug"], told["digest"])


def unpack(target):
    above = os.path.dirname(target)
    os.makedirs(above, mode=0o700, exist_ok=True)
    new = tempfile.mkdtemp(prefix=".new-", dir=above)
    try:
        fill(new)
        try:
            os.rename(new, target)
        except OSError:
            if not os.path.isdir(target):  # else another start of it was faster
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)


def fill(folder):
    with zipfile.ZipFile(sys.path[0]) as packed:
        names = [one for one in packed.infolist() if one.filename != "__main__.py"]
        packed.extractall(folder, names)
        for one in names:
            if one.external_attr >> 16 & 0o111:
                os.chmod(os.path.join(folder, one.filename), 0o755)


def place():
    target = kept()
    if not os.path.isdir(target):
        try:
            unpack(target)
        except OSError as error:
            import atexit

            target = tempfile.mkdtemp(prefix=told["slug"] + "-")
            atexit.register(shutil.rmtree, target, True)
            fill(target)
            if os.environ.get("ONWARD_APP_CACHE"):
                sys.stderr.write("%s cannot be written (%s): unpacked for this start alone\\n" % (kept(), error))
    return target


check()
top = place()
sys.path[0] = top
import site

site.addsitedir(top)
__spec__ = None  # what multiprocessing starts anew is the script, by its path
__file__ = os.path.join(top, "START")
with open(__file__, "rb") as opened:
    code = opened.read()
exec(compile(code, __file__, "exec"))
'''
