"""What can go wrong with the database server, told once as one sentence."""


class PostgresError(Exception):
    """An action on the database failed; the message says what and why."""
