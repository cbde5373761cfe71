"""One outside thing per file: what to call, and how to read what it said."""
