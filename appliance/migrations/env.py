"""Alembic runs this file: `hcc db upgrade`, and `alembic revision --autogenerate` for developers."""

from alembic import context
from sqlalchemy import create_engine, inspect

from appliance.callcenter import tables
from appliance.callcenter.integrations import views

target = tables.Base.metadata


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("no database URL")
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, target_metadata=target, render_as_batch=True)
        with context.begin_transaction():
            views.drop(connection)
            context.run_migrations()
            if inspect(connection).has_table("interaction"):
                views.create(connection)


run()
