"""One file is one sentence of a user."""
