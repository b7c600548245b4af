"""What credit-svc tells."""

OWNER = "credit"
