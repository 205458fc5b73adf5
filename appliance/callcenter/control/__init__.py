"""Call control: the one place that turns PBX events into state, and state into what the PBX shall do.

Handlers are plain functions that run to the end without waiting, so no two of them interleave; what the PBX has to do
is queued per call (`commands`) and a failure comes back as one more event.
"""
