"""The harness measures what it says, and says what it could not measure."""
