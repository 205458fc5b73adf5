"""The service address of the pair: in the kernel with a lifetime, announced, probed; the uplink; the watchdog."""
