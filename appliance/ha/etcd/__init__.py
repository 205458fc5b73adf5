"""Our own client of etcd: the JSON gateway, with deadlines and writes that happen once."""
