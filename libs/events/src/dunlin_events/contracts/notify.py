"""What notify-svc tells."""

OWNER = "notify"
