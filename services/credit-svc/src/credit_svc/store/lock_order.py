"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "customer", "credit_group", "authorization_head", "exposure", "credit_hold", "alert_level",
    "advisory lock")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement. The
advisory lock is that of the handling of one alert."""
