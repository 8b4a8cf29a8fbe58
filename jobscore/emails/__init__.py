"""E-mail: compose an envelope, send it, record what happened."""
