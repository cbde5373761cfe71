"""The knowledge, pure: no tool, no file, no network is needed to test it."""
