"""Claims that go out instead of another: corrected and void ones."""
