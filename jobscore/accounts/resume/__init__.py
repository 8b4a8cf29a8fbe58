"""A person's CV: read into proposals, taken only as ticked, written as JSON Resume."""
