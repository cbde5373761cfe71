"""Publishing, in parts: where to, as whom, what has to be in order first, the upload, and the look at what came of it."""
