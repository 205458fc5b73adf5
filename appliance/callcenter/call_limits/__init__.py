"""Limits of outside calls: who may call what, how much, when, and the alarm against toll fraud."""
