"""What a project offers to others at its boundary: its names, their hints, what documents and tests them."""
