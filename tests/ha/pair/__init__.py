"""A real pair in small: three machines on a bridge, with etcd, PostgreSQL, service address and agents."""
