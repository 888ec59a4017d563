"""Telling people what they should know, when they want to be told."""
