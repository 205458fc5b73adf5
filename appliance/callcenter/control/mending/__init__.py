"""Picture and PBX brought to agree again: after a restart, and all the time."""
