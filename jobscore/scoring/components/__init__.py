"""The five parts of a score, each a pure function of one profile and all jobs.

Every module has `points(profile, jobs, policy)`, basis points 0..10,000 per job or -1 where it
cannot be judged, and `evidence(profile, jobs, position, policy)`, what the explanation quotes.
"""
