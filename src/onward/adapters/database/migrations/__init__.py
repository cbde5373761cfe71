"""The steps that bring a database of an older onward to today's tables (alembic)."""
