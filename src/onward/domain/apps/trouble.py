"""What went wrong when a program was started: read from what it said on standard error."""

import re

import msgspec

_MODULE = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_][\w.]*)'")
_LIBRARY = re.compile(
    r"(?:ImportError|OSError|error while loading shared libraries)[^\n]*?: ?((?:lib)[\w.+-]+\.so[\w.]*): cannot open"
)
_FILE = re.compile(r"FileNotFoundError: \[Errno 2\] [^:\n]*: '([^'\n]+)'")
_METADATA = re.compile(r"PackageNotFoundError: No package metadata was found for ([\w.-]+)")
_GLIBC = re.compile(r"version `(GLIBC_[\d.]+)' not found")
_FONTS = re.compile(r"Fontconfig error: |QFontDatabase: Cannot find font directory")


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What it lacks, by name: modules, libraries, data files, metadata of distributions, glibc versions, fonts."""

    modules: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    glibc: tuple[str, ...] = ()
    fonts: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say each, with the way to mend it."""
        return (
            *(
                f'the module {name} was left out: `hidden-imports = ["{name}"]` in [tool.onward.app] takes it in'
                for name in self.modules
            ),
            *(
                f"the library {name} is not there: install it here and ship again"
                for name in self.libraries
            ),
            *(
                f"the file {name} is not there: put it into the package, or list it in `data` of [tool.onward.app],"
                " and find it by `onward_app.path(...)`"
                for name in self.files
            ),
            *(f"the metadata of {name} was left out" for name in self.metadata),
            *(
                f"it asks for {name}, which is newer than that root: build on an older Linux"
                for name in self.glibc
            ),
            *(["it finds no fonts there"] if self.fonts else []),
        )


def read_trouble(words: str) -> Trouble:
    """Read standard error (Python's tracebacks, the loader of glibc, fontconfig, Qt)."""
    return Trouble(
        modules=_all(_MODULE, words),
        libraries=_all(_LIBRARY, words),
        files=_all(_FILE, words),
        metadata=_all(_METADATA, words),
        glibc=_all(_GLIBC, words),
        fonts=bool(_FONTS.search(words)),
    )


def _all(pattern: re.Pattern[str], words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found[1] for found in pattern.finditer(words)))
