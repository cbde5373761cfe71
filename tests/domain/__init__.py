"""Tests of the pure knowledge: no tool, no file, no network."""
