"""Steps that need a second person: one mechanism for every service that has such steps."""
