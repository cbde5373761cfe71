"""The index protocol: routes and wire formats, nothing else."""
