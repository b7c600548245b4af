"""Each integrity check of notify-svc holds over a desk that reminds, and finds what breaks it."""

from datetime import date
from typing import Any

from dunlin_kit.broken_invariants import OWN_STREAMS, Breaks, put, put_of, unseen, untold
from notify_svc.store.integrity import CHECKS

ONE = "00000000-0000-7000-8000-000000000001"
AGAIN = "'item_id', item_id, 'due_version', due_version, 'policy_version', policy_version, 'outcome', 'sent'"
RUNNING = put_of("promise_item", "message_item", f"'promise_id', '{ONE}', 'item_id', item_id")


def promised(amount: int, **more: str) -> str:
    """A promise of the customer whose item was heard of last, made then."""
    named = "".join(f", '{key}', '{value}'" for key, value in more.items())
    return put_of("promise", "item_move", f"'id', '{ONE}', 'customer_id', customer_id, 'currency', currency, "
                  f"'amount', {amount}, 'heard_sequence', sequence, 'status', 'running'{named}")


BREAKS: Breaks = {
    "I4": (f"UPDATE event_stream SET seq = seq + 1 WHERE {OWN_STREAMS}",
           f"DELETE FROM outbox_event WHERE {OWN_STREAMS} AND seq = 1"),
    "I6": (untold("ReminderSent"), "UPDATE message SET status = 'failed'",
           "UPDATE message SET delivered_at = looked_at",
           "UPDATE message SET bounced_at = looked_at", "DELETE FROM message", put("promise"),
           put("promise", '{"status": "kept"}'), put("collection_case"),
           put("call_task", '{"outcome": "reached"}')),
    "I9-once": (put_of("message_item", "message_item", AGAIN + ", 'level', level"),
                put_of("message_item", "message_item", AGAIN.replace("sent", "unknown") + ", 'level', level"),
                put_of("message_item", "message_item", AGAIN.replace("sent", "sending") + ", 'level', level")),
    "I9-fresh": ("UPDATE message SET handed_over_at = looked_at + interval '5.001 seconds'",),
    "I9-day": tuple(
        put_of("message", "message", f"'id', '{ONE}', 'judged_on', judged_on") + "; "
        + put_of("message_item", "message_item", AGAIN.replace("sent", outcome)
                 + f", 'message_id', '{ONE}', 'level', 77")
        for outcome in ("sending", "sent", "unknown")),
    "I9-step": ("UPDATE message SET status = 'failed'", "UPDATE message_item SET outcome = 'sending'",
                "UPDATE message SET status = 'to_print'"),
    "I9-place": ("UPDATE dunned_item SET passed_offset_days = NULL",
                 "UPDATE message_item SET offset_days = offset_days + 1",
                 "UPDATE message_item SET offset_days = offset_days + 1, outcome = 'unknown'"),
    "I16-promise": (promised(1_000_000_000),
                    promised(1_000_000_000) + "; " + RUNNING),
    "I16-judged": (put("promise", '{"status": "kept", "required": 5, "received": 4, "judged_on": "2026-01-05"}'),
                   put("promise", '{"status": "broken", "required": 5, "received": 5, "judged_on": "2026-01-05"}'),
                   put("promise", '{"status": "kept"}'), put("promise", '{"status": "broken", "required": 5}'),
                   put("promise", '{"status": "running", "judged_on": "2026-01-05"}')),
    "I16-once": (f"{promised(1)}; {RUNNING}; " + (promised(1) + "; " + RUNNING).replace(ONE, ONE[:-1] + "2"),),
}


async def test_what_breaks_is_found(postgres: str, desk: Any) -> None:
    """One invoice, heard of and reminded of."""
    assert list(BREAKS) == [check.id for check in CHECKS]
    await desk.issue("INV-1", "4520.00", issued=date(2025, 12, 1), due=date(2025, 12, 31))
    await desk.turn_to(date(2026, 1, 10))
    assert len(await desk.sent()) > 0
    assert await unseen(postgres, desk.urls, desk.tenant, CHECKS, BREAKS) == []
