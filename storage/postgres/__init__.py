"""IStorage on PostgreSQL: SQLAlchemy Core statements, compiled once, run by psycopg itself."""
