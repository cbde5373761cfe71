"""``python -m onward`` is the same door as the ``onward`` command."""

from onward.cli.main import entry

if __name__ == "__main__":
    entry()
