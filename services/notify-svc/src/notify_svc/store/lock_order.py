"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = ("watermark", "customer", "message", "notice")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement."""
WRITTEN: Final = (
    "asked_deposit", "call_task", "collection_case", "customer_grade", "dunned_item", "exchange_rate", "left_item",
    "message_content", "message_item", "promise", "staff", "statement", "tenant")
"""Other tables whose rows are changed or removed, in the order in which one statement does that: whoever writes such a
row before it waits for something else holds a lock of the order above, and has met there whom it could meet here."""
