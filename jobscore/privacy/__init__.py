"""A person's data: shown, exported, erased; and who looked at it."""
