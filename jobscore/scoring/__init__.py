"""Scoring: profiles and jobs become scores."""
