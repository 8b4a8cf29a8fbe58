"""Companies: the names under which postings give the same one, and what it has open."""
