"""What other services tell, as this one keeps it."""
