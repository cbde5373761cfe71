"""The parts of a check: which tools look, how their answers are kept, and what becomes of their findings."""
