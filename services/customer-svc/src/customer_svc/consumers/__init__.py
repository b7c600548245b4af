"""What other owners tell and the archive keeps: nothing yet."""
