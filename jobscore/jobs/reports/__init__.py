"""Reports: what readers say is wrong with a posting, and the admin's queue of them."""
