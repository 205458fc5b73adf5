"""Calls that are owed: queue callbacks 排队回呼, and calls that were lost while they waited."""
