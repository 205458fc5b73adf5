"""The link between the two boxes: heartbeats and promises in authenticated datagrams."""
