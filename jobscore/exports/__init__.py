"""Exports: jobs, matches, scores, letters and rejected rows as files."""
