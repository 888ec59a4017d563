"""Audits: what is in their scope, what they find, how they end."""
