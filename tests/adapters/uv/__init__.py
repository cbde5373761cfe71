"""Adapters, on recorded bytes of their tools."""
