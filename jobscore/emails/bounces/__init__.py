"""What comes back: bounces and complaints, and the list of addresses that follows from them."""
