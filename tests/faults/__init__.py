"""Seeded faults: whatever happens in the middle of a change, the next command leaves a consistent project."""
