"""A real browser against a real server: what people see, in both languages."""
