"""The tables of notify-svc and the statements on them."""
