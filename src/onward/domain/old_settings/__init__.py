"""Settings of black, isort, flake8 and pylint, and what of them ruff's own settings can say."""
