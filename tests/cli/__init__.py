"""The verbs, through their own doors."""
