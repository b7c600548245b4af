"""Each integrity check of customer-svc holds over an archive, and finds what breaks it."""

from typing import Any

from customer_svc.store.integrity import CHECKS
from dunlin_kit.broken_invariants import OWN_STREAMS, Breaks, put, put_of, unseen, untold

BREAKS: Breaks = {
    "I4": (f"UPDATE event_stream SET seq = seq + 1 WHERE {OWN_STREAMS}",
           f"DELETE FROM outbox_event WHERE {OWN_STREAMS} AND seq = 1"),
    "I6": (untold("CustomerRegistered"), "UPDATE customer SET status = 'suspended'",
           "UPDATE customer SET due_days = 99",
           "UPDATE customer SET group_id = gen_random_uuid()", "UPDATE customer SET owner_id = gen_random_uuid()",
           "UPDATE customer SET merged_into = gen_random_uuid()", "DELETE FROM customer",
           put("customer_group", '{"version": 1}'), put("interaction", '{"kind": "visit"}'), put("staff"),
           put("customer_change", '{"field": "status", "before": "prospect", "after": "active"}')),
    "C1": ("DELETE FROM customer_change WHERE field = 'status'",
           "UPDATE customer_change SET before = 'prospect' WHERE field = 'status'"),
    "C2": ("UPDATE customer SET status = 'closed'",
           put_of("customer_change", "customer", "'customer_id', id, 'field', 'status', 'after', 'closed'")),
    "C3": ("UPDATE customer_number_series SET next_position = 1", "UPDATE customer SET number = 'C-000077'",
           "UPDATE customer SET number = 'C-1000000'"),
    "C4": ("UPDATE customer SET merged_into = id",),
    "C5": (put("heard_account", '{"open": 5}'),
           put("heard_account") + "; " + put_of("heard_item", "heard_account", "'customer_id', customer_id, 'open', 5, "
                                                "'currency', currency"),),
}


async def test_what_breaks_is_found(postgres: str, archive: Any) -> None:
    assert list(BREAKS) == [check.id for check in CHECKS]
    await archive.register()
    assert await unseen(postgres, archive.running.urls, archive.tenant, CHECKS, BREAKS) == []
