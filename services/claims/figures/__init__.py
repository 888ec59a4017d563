"""Figures that managers run on: each with its derivation and the rows behind it."""
