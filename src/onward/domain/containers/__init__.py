"""Files that let a project run in containers: what it needs there, and the text of each file."""
