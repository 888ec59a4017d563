"""Working denials: the queue, whose they are, what was noted, and what became of them."""
