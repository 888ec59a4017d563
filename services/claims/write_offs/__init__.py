"""What the company gives up of a claim, for a reason and, from an amount on, by two people."""
