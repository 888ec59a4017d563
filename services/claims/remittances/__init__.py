"""What payers say of claims in an 835: read, matched, posted."""
