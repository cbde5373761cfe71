"""The server's database: SQLite in the data folder today, by calls that PostgreSQL understands too (SQLAlchemy 2.1)."""
