"""Everything that can be asked of call control: one module a verb."""
