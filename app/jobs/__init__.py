"""Work behind the requests: durable jobs, done at least once, each bound to its company."""
