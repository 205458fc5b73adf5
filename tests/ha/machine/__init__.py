"""A box as a virtual machine, for what a container cannot show: a watchdog that resets it."""
