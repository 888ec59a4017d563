"""Reading the trail and holding it against retirement."""
