"""Saved searches: each is an address, a feed and an alert."""
