"""Deleting a company for good, with a certificate of what went and what retention holds."""
