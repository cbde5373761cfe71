"""What stood when a project began to be checked: how it is noted, written down, and known again after edits."""
