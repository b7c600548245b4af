"""Work that falls due by itself: nothing yet."""
