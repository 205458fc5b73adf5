"""What shift managers do."""
