"""Everything behind where a program stands, in one file that says by itself whether it is whole."""
