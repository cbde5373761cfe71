"""What is known of programs for people without Python: their settings, their libraries, their packages."""
