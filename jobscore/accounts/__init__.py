"""People: sign-in, profile, preferences, consent."""
