"""Pause reasons 示忙原因: what agents may be busy with, and for how long."""
