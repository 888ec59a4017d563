"""Corrective actions: planned, done, verified by somebody else, checked for their effect."""
