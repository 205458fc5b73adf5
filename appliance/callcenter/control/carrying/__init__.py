"""Talks that survive the telephone system they ran on (HA-7): the phones are asked to go on with a new one."""
