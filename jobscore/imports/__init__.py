"""Imports: a file becomes jobs."""
