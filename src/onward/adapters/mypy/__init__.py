"""mypy, the type checker that looks when nobody chose another."""
