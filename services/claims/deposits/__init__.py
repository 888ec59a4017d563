"""What the bank shows of what payers and patients paid."""
