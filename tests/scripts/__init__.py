"""What the scripts know: registry settings, Pythons, sizes, reference pages."""
