"""The description from which wixl (msitools 0.101) makes an MSI for all people of a machine (WiX 3 schema)."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from xml.sax.saxutils import quoteattr

from onward.domain.installers.windows_app import Machine, WindowsApp

_DOLLAR = "dollar"
_SCHEMA = "http://schemas.microsoft.com/wix/2006/wi"


def description(app: WindowsApp, staged: Mapping[str, str]) -> str:
    """Give the XML; ``staged`` says where each file stands on the building machine. The same app gives the same text."""
    bits = "ProgramFilesFolder" if app.machine is Machine.x86 else "ProgramFiles64Folder"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<?define {_DOLLAR} = "$"?>',
        f'<Wix xmlns="{_SCHEMA}">',
        f'<Product Id="{_braced(_product(app))}" UpgradeCode="{_braced(app.identity)}" Language="1033"',
        f" Name={_attribute(app.name)} Version={_attribute(three_numbers(app))}",
        f" Manufacturer={_attribute(app.publisher)}>",
        f'<Package InstallerVersion="200" Compressed="yes" Comments={_attribute(f"{app.name} {app.version}")}/>',
        '<Media Id="1" Cabinet="files.cab" EmbedCab="yes"/>',
        '<MajorUpgrade DowngradeErrorMessage="A newer version is installed already."/>',
        '<Directory Id="TARGETDIR" Name="SourceDir">',
        f'<Directory Id="{bits}">',
        f'<Directory Id="INSTALLDIR" Name={_attribute(app.name)}>',
        *_folder(app, staged, ""),
        "</Directory>",
        "</Directory>",
        '<Directory Id="ProgramMenuFolder"/>',
        "</Directory>",
        '<Feature Id="Main" Level="1">',
        *(f'<ComponentRef Id="C{number}"/>' for number in range(len(app.files))),
        "</Feature>",
        "</Product>",
        "</Wix>",
    ]
    return "\n".join(lines) + "\n"


def three_numbers(app: WindowsApp) -> str:
    """Give the version as MSI compares it (ProductVersion): 255.255.65535 at most, the fourth number is not looked at."""
    major, minor, build, _ = map(int, app.four_numbers.split("."))
    return f"{min(major, 255)}.{min(minor, 255)}.{build}"


def _folder(app: WindowsApp, staged: Mapping[str, str], folder: str) -> Iterator[str]:
    for number, file in enumerate(app.files):
        if _parent(file) != folder:
            continue
        wide = "" if app.machine is Machine.x86 else ' Win64="yes"'
        guid = _braced(uuid.uuid5(app.identity, file))
        name = _attribute(PurePosixPath(file).name)
        where = _attribute(staged[file])
        yield f'<Component Id="C{number}" Guid="{guid}"{wide}>'
        yield f'<File Id="F{number}" Name={name} Source={where} KeyPath="yes">'
        if file == app.program:
            yield f'<Shortcut Id="Menu" Directory="ProgramMenuFolder" Name={_attribute(app.name)} Advertise="yes"/>'
        yield "</File>"
        yield "</Component>"
    for number, inner in enumerate(app.folders):
        if _parent(inner) == folder:
            yield f'<Directory Id="D{number}" Name={_attribute(PurePosixPath(inner).name)}>'
            yield from _folder(app, staged, inner)
            yield "</Directory>"


def _attribute(text: str) -> str:
    """Give a quoted attribute; wixl drops a plain dollar, and has no other way to write one."""
    return quoteattr(text.replace("$", f"$(var.{_DOLLAR})"))


def _product(app: WindowsApp) -> uuid.UUID:
    return uuid.uuid5(app.identity, f"product:{app.version}:{app.machine}")


def _braced(identity: uuid.UUID) -> str:
    return f"{{{str(identity).upper()}}}"


def _parent(path: str) -> str:
    above = str(PurePosixPath(path).parent)
    return "" if above == "." else above
