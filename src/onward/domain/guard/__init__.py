"""What the guard knows: advisories, names that look like others, and the rules on top of them."""
