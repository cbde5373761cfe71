"""onward: one safe path for a Python project, every step proven and every step undoable."""

__version__ = "0.1.0"
