"""The demo: believable postings and people made from a seed, and commands to run a day on them."""
