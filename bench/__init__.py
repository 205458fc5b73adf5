"""Measurements against plain Asterisk, printed as tables. `make bench`; nothing here asserts a time."""
