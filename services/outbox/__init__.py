"""What leaves the house: a committed row first, then tried until it is there or given up."""
