"""Conference rooms 会议室: numbers where several people talk, with PINs and a moderator."""
