"""One sentence of a user: put my folder that was built on Windows into an installer for Windows."""
