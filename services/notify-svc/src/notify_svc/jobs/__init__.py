"""What happens by itself: the daily run of the ladder and what follows from it."""
