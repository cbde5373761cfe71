"""Ruff: what it finds and lays out, what it says about its rules, what a project's settings of it choose."""
