"""Imports: a file becomes jobs, and nothing is silently wrong."""
