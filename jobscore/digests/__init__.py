"""Digests: matches become one letter each."""
