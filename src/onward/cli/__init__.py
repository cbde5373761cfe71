"""The door for hands: one file per verb."""
