"""What we claim about speed and false alarms, runnable by anyone."""
