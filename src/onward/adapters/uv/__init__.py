"""uv: what it is asked, the configuration it reads, and what its answers mean (uv 0.13)."""
