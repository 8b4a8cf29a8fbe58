"""What words mean: skills, places, work-style features, and finding them in text."""
