"""Looks over an installation: settings, mail server, sender domain; what to do where it ails."""
