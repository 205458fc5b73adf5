"""Placeholder: writes nothing yet."""
