"""Phrase cards 用语规范: what to say, by business type and queue."""
