"""jobscore: scores and matches jobs to people, and can explain every number it shows."""

__version__ = "0.1.0"
