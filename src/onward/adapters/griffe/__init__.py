"""griffe: which release to compare the public API with, how to ask, and what its answers mean."""
