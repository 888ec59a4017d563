"""The same routes, served in four ways, each by its own process: ``python -m benchmarks.servers``."""
