"""The pure rules of reminders."""
