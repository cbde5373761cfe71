"""What makes a distribution fit to hand out, on archives made in memory."""
