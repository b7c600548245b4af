"""The one order in which transactions of this service wait for each other."""

from typing import Final

LOCK_ORDER: Final = (
    "watermark", "customer", "credit_group", "authorization_head", "exposure", "credit_hold", "alert_level",
    "advisory lock")
"""Tables, then rows of one by their keys; event streams and the idempotency key come with the last statement. The
advisory lock is that of the handling of one alert."""
WRITTEN: Final = (
    "alert_handling", "billed_invoice", "broken_promise", "conduct_mark", "cover", "cover_claim",
    "credit_authorization", "customer_group", "customer_merger", "customer_owner", "delivery", "deposit_order",
    "exchange_rate", "group_limit_proposal", "kept_credit", "learnt_payment", "limit_proposal", "owed_item",
    "payment_record", "rating_look", "staff", "tenant")
"""Other tables whose rows are changed or removed, in the order in which one statement does that: whoever writes such a
row before it waits for something else holds a lock of the order above, and has met there whom it could meet here."""
