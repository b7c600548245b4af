"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "tenant", "customer", "customer_class", "customer_group", "staff", "customer_number_series")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement."""
