"""Reminders: whom, when, how, and what was said."""
