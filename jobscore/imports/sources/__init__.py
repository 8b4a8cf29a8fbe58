"""Named sources: where files come from, how they are read, and when they are fetched."""
