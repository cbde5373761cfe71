"""Tests of the shelves, on a real index on loopback."""
