"""Refactorings: samples of what they find and leave alone, and that the code means the same."""
