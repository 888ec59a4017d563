"""The seals over the trail: what they say, who signs them, and how they are checked."""
