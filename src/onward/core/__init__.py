"""The nouns, and the only hands: processes, network, disk."""
