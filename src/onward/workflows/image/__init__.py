"""One sentence of a user: make my project an image that runs anywhere, without an engine, and hand it out."""
