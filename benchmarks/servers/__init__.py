"""The same routes, served in four ways, each by a process of its own."""
