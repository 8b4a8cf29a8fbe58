"""Scores become forty matches with reasons."""
