"""Remittances on paper: typed, and posted the way of every 835."""
