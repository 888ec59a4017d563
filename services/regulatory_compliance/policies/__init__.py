"""Policies: written, approved by somebody else, reviewed, and acknowledged by whom they concern."""
