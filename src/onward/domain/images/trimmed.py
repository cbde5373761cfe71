"""What of a Python nobody needs in an image: tests, the editor, installers, what is only for compiling against it."""

_FOLDERS = frozenset({
    "__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "tkinter",
    "ensurepip", "lib2to3", "pydoc_data",
})  # fmt: skip
_FILES = frozenset({"turtle.py", "EXTERNALLY-MANAGED"})
_LIBRARIES = ("_tkinter.", "_test", "_xx", "xxlimited", "_ctypes_test.")


def is_left_out(path: str) -> bool:
    """Whether ``path`` (relative to the standard library, ``/``) stays out of an image."""
    *folders, name = path.split("/")
    if any(part in _FOLDERS for part in folders):
        return True
    if folders and folders[0].startswith("config-"):  # static libraries and makefiles
        return True
    if name.endswith((".a", ".pyc", ".pyo", ".o")) or name in _FILES:
        return True
    return name.endswith(".so") and name.startswith(_LIBRARIES)
