"""Two boxes and a witness: one lease decides who of the two is active. `decide.py` is the whole of it, without I/O."""
