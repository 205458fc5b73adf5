"""Two boxes and a witness: one lease in etcd decides who of the two is active."""
