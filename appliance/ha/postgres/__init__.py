"""The database of a box of the pair: PostgreSQL as standby or primary, and nothing else decides which."""
