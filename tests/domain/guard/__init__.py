"""Tests of what the guard knows."""
