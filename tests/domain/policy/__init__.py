"""What the policy says, and to whom."""
