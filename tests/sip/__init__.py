"""Independent SIP clients for the tests: baresip for single calls, sipp for many at once, raw packets for bad ones."""
