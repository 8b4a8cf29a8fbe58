"""Commands for whoever works on jobscore; none of them ships."""
