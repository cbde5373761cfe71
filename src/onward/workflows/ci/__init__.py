"""What a build service does for a project: read the facts, write the files, pin the actions, run the same steps here."""
