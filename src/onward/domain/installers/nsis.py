"""The script from which NSIS makes an installer for one person, without an administrator.

Words of NSIS 3.08: https://nsis.sourceforge.io/Docs/ (chapters 4.1.2 strings, 4.9 instructions).
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from onward.domain.installers.windows_app import Machine, WindowsApp

_DOLLAR = "${U+24}"
_UNINSTALLER = "Uninstall.exe"
_KEY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"


def quoted(text: str) -> str:
    """Give ``text`` as one NSIS string that stands for exactly it; no line ends, no NUL.

    A plain ``$$`` would not do: ``$${NSISDIR}`` and ``$$%HOME%`` are expanded before it is looked at.
    """
    inner = text.replace("$", "$" + _DOLLAR).replace('"', '$\\"').replace("\t", "$\\t")
    return f'"{inner}"'


def script(app: WindowsApp, staged: Mapping[str, str], out: str) -> str:
    """Give the script that makes the installer ``out``.

    ``staged`` says where each file stands on the building machine, below a plain name: NSIS
    looks for files with its own rules for ``$``, ``*`` and letters outside ASCII.
    """
    lines = [*_head(app, staged, out), *_install(app, staged), *_uninstall(app)]
    return "\n".join(lines) + "\n"


def _head(app: WindowsApp, staged: Mapping[str, str], out: str) -> Iterator[str]:
    yield "Unicode true"
    yield "SetCompressor /SOLID lzma"
    yield "RequestExecutionLevel user"
    yield f"Name {quoted(app.name.replace('&', '&&'))} {quoted(app.name)}"
    yield f"OutFile {quoted(out)}"
    yield rf"InstallDir {_below('$LOCALAPPDATA', 'Programs', app.name)}"
    yield f"InstallDirRegKey HKCU {_key(app)} {quoted('InstallLocation')}"
    yield "ShowInstDetails nevershow"
    yield f"VIProductVersion {quoted(app.four_numbers)}"
    for key, text in (
        ("ProductName", app.name),
        ("ProductVersion", app.version),
        ("CompanyName", app.publisher),
        ("FileDescription", f"{app.name} setup"),
        ("FileVersion", app.version),
        ("LegalCopyright", app.publisher),
    ):
        # what Windows shows of the file is no string of NSIS: there is no `$$` in it
        yield f'VIAddVersionKey "{key}" "{text.replace("$", _DOLLAR)}"'
    if app.icon:
        yield f"Icon {quoted(staged[app.icon])}"
        yield f"UninstallIcon {quoted(staged[app.icon])}"
    yield from (
        "Page directory",
        "Page instfiles",
        "UninstPage uninstConfirm",
        "UninstPage instfiles",
    )


def _install(app: WindowsApp, staged: Mapping[str, str]) -> Iterator[str]:
    yield f"Section {quoted('Install')}"
    if app.machine is not Machine.x86:
        yield "SetRegView 64"
    for folder in ("", *app.folders):
        inside = [file for file in app.files if _parent(file) == folder]
        if inside:
            yield f"SetOutPath {_below('$INSTDIR', *folder.split('/'))}"
        for file in inside:
            named = quoted(f"/oname={PurePosixPath(file).name}")
            yield f"File {named} {quoted(staged[file])}"
    yield 'SetOutPath "$INSTDIR"'
    yield f"WriteUninstaller {_below('$INSTDIR', _UNINSTALLER)}"
    yield f"CreateShortcut {_below('$SMPROGRAMS', f'{app.name}.lnk')} {_below('$INSTDIR', app.program)}"
    for name, value in (
        ("DisplayName", quoted(app.name)),
        ("DisplayVersion", quoted(app.version)),
        ("Publisher", quoted(app.publisher)),
        ("DisplayIcon", _below("$INSTDIR", app.program)),
        ("InstallLocation", '"$INSTDIR"'),
        ("UninstallString", '"$\\"$INSTDIR\\' + _UNINSTALLER + '$\\""'),
        ("QuietUninstallString", '"$\\"$INSTDIR\\' + _UNINSTALLER + '$\\" /S"'),
    ):
        yield f"WriteRegStr HKCU {_key(app)} {quoted(name)} {value}"
    for name in ("NoModify", "NoRepair"):
        yield f"WriteRegDWORD HKCU {_key(app)} {quoted(name)} 1"
    yield "SectionEnd"


def _uninstall(app: WindowsApp) -> Iterator[str]:
    """Take out exactly what was put in: what the person keeps in that folder stays."""
    yield f"Section {quoted('Uninstall')}"
    if app.machine is not Machine.x86:
        yield "SetRegView 64"
    for file in (*app.files, _UNINSTALLER):
        yield f"Delete {_below('$INSTDIR', *file.split('/'))}"
    for folder in reversed(app.folders):
        yield f"RMDir {_below('$INSTDIR', *folder.split('/'))}"
    yield 'RMDir "$INSTDIR"'
    yield f"Delete {_below('$SMPROGRAMS', f'{app.name}.lnk')}"
    yield f"DeleteRegKey HKCU {_key(app)}"
    yield "SectionEnd"


def _below(variable: str, *parts: str) -> str:
    """Give a path on the person's machine: a variable of NSIS and plain parts below it."""
    inner = "".join(f"\\{quoted(part)[1:-1]}" for part in parts if part)
    return f'"{variable}{inner}"'


def _key(app: WindowsApp) -> str:
    return quoted(f"{_KEY}\\{app.identity}")


def _parent(file: str) -> str:
    above = str(PurePosixPath(file).parent)
    return "" if above == "." else above
