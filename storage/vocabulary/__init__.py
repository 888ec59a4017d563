"""The closed vocabularies that columns hold; each is a CHECK in the database."""
