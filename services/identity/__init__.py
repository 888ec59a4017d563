"""Companies, people, keys: who may act, and how they prove it."""
