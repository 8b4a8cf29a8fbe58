"""What every page shares; names no table."""
