"""What happened, as other systems read it: one file per owning service."""
