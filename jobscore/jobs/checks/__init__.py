"""Posting checks: what a posting may not say or leaves out, minimum wages, and holding a job."""
