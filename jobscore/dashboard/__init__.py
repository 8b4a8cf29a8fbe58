"""Home, admin overview, health."""
