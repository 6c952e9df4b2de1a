"""Alembic's entry: runs migrations on the connection that ``storage/schema.py`` hands over."""

from alembic import context

from storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_type=True,
)

with context.begin_transaction():
    context.run_migrations()
