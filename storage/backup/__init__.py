"""Base backups of the embedded server, the log that follows them, and the way back."""
