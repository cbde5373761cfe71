"""Whole sentences of a user, through the door."""
