"""Where notify-svc talks to the outside: its looks and its senders."""
