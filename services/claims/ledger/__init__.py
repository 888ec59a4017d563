"""The books of claims: entries, balances, and what they are read by."""
