"""A company's whole records as one encrypted file, and back in, equal row by row."""
