"""Jobs: store, search, show."""
