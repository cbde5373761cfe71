"""Tests that mirror src/onward/workflows."""
