"""The wire shapes and routes of reminders; no rule, no SQL."""
