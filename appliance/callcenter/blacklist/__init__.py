"""The blacklist 黑名单: callers who are not let through."""
