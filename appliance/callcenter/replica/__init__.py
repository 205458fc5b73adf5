"""What lies on the disk of the active box follows to the standby: prompts and recordings, by their rows."""
