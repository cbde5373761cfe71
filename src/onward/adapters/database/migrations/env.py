"""How alembic reaches the database: by the connection that ``engine`` gives it."""

from alembic import context

from onward.adapters.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
