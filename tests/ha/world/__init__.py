"""A world in virtual time: boxes, witness, etcd, PostgreSQL, clients; faults strike, the real decisions answer."""
