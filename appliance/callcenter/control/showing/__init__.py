"""What the screens are told."""
