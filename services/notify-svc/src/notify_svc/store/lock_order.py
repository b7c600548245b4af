"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = ("watermark", "customer", "message", "notice")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement."""
