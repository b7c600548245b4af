"""What happens by the calendar."""
