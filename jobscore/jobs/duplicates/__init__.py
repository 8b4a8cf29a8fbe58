"""Near-duplicates: postings of several sources that are the same job, found, judged, grouped."""
