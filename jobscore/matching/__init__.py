"""Matching: scores become forty jobs with reasons."""
