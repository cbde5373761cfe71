"""Readers of the files that say what a Python project needs and what it stands on."""
