"""Emergency access: it works at once, for a short time, and everybody who must know is told."""
