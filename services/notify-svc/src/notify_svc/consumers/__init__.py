"""What notify-svc hears, folded into the schedule of one customer."""
