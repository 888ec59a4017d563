"""What could not be posted by itself, and what people do about it."""
