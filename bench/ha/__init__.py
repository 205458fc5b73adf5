"""`make bench-ha`: what a fault of the pair costs the people outside, beside keepalived on the same bridge."""
