"""What is owed to payers and patients, and how it goes back to them."""
