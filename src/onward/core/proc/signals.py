"""Signals that end programs, in words. Imports nothing heavy: the commit hook needs it too."""


def signal_name(code: int) -> str:
    """Give the name of the signal behind an exit code below 0, such as ``SIGSEGV`` for -11; its number when it has none."""
    import signal  # only where something has gone wrong

    try:
        return signal.Signals(-code).name
    except ValueError:
        return str(-code)


def way_out(code: int, program: str) -> str:
    """Say what may help after a signal has ended ``program``; empty for an exit code of its own."""
    if code >= 0:
        return ""
    name = signal_name(code)
    if name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"):
        return (
            f"{program} crashed, which is a fault of its own: try another version of it (`onward update {program}`), and"
            " tell its makers if that crashes too."
        )
    if name == "SIGKILL":
        return (
            "The system or a person ended it by force, most often because memory ran out: close other programs, or"
            " look at less at once."
        )
    return "Somebody or something stopped it; run it again."
