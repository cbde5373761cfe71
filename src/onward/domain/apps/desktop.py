"""Menu entry, file types and icons as Linux desktops read them (freedesktop.org: Desktop Entry 1.5, Shared MIME-info)."""

from xml.sax.saxutils import escape, quoteattr

from onward.domain.apps.model import App, Kind

ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)


def desktop_entry(app: App, program: str) -> str:
    """Give the ``.desktop`` file; ``program`` is the command or the path that starts it."""
    opens = " %F" if app.file_types else ""
    lines = {
        "Type": "Application",
        "Version": "1.5",
        "Name": _value(app.name),
        "Comment": _value(app.summary),
        "Exec": _argument(program) + opens,
        "Icon": app.slug if app.icon else "",
        "Terminal": "true" if app.kind is Kind.terminal else "false",
        "Categories": "".join(f"{_value(word)};" for word in app.categories or ("Utility",)),
        "MimeType": "".join(f"{kind.mime};" for kind in app.file_types),
    }
    told = "".join(f"{key}={value}\n" for key, value in lines.items() if value)
    return f"[Desktop Entry]\n{told}"


def mime_package(app: App) -> str:
    """Give the file of ``mime/packages`` that names the program's own kinds of files."""
    kinds = "".join(
        f"  <mime-type type={quoteattr(kind.mime)}>\n"
        f"    <comment>{escape(kind.about or app.name)}</comment>\n"
        f"    <glob pattern={quoteattr('*' + kind.extension)}/>\n  </mime-type>\n"
        for kind in app.file_types
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">\n{kinds}</mime-info>\n'
    )


def _value(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", " ")


def _argument(word: str) -> str:
    """Quote one argument: twice, as an argument and as a value; ``%`` begins a field code."""
    kept = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in word).replace("%", "%%")
    needs = any(sign in " \t\n\"'\\><~|&;$*?#()`" for sign in word)
    return _value(f'"{kept}"' if needs else kept)
