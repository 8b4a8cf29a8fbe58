"""Jobs: postings, how they are stored, searched and shown."""
