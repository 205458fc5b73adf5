"""Who is active: pure functions over what a node sees, and nothing else."""
