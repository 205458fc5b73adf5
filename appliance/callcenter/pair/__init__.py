"""What people see and want of the pair: its state, its switch-overs, its history, its monthly test."""
