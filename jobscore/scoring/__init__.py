"""Profiles times jobs become scores: components, policy, ranking engine, and the stored scores."""
