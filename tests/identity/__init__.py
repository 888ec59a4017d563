"""Tests of who may act, and how they prove it."""
