"""Preparing a box: first boot, static configuration, demonstration."""
