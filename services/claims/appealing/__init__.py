"""Asking payers to decide again: until when, with what, approved by whom, and what came of it."""
