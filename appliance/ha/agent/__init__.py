"""The pair's agent: observes, asks `decision.decide`, carries out what it wishes."""
