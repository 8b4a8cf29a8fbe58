"""Feeds: lists of jobs for feed readers, as Atom (RFC 4287) and JSON Feed 1.1."""
