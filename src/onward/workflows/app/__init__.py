"""One sentence of a user: give my program to people who have no Python, and only after it was started without one."""
