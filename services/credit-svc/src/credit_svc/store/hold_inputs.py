"""What the rules of holds look at beside a decision: read with it in one value, and kept in the same form."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from credit_svc.domain.cover import CountedCover
from credit_svc.domain.exposure import ExposureParts
from credit_svc.domain.hold import HoldRule
from credit_svc.domain.hold_inputs import HoldInputs, OtherUse, PastDue
from credit_svc.store.covers import COUNTED, counted_covers
from credit_svc.store.group_inputs import beside_of
from credit_svc.store.mergers import ENTRIES
from dunlin_kernel.money import Money

_PARTS = ("open", "disputed", "delivered", "reserved", "unapplied")
_TODAY = "CAST(:today AS date)"
_ENTRIES_HERE = ENTRIES.replace("CAST(:customer_id AS uuid)", "customer.customer_id")
_COVERED = COUNTED.format(customer="e.customer_id", currency="e.currency")
SEEN = f"""jsonb_build_array(
  (SELECT jsonb_agg(jsonb_build_array(o.currency, o.due_on, o.amount)) FROM (
     SELECT currency, due_on, sum(open - disputed)::bigint AS amount FROM owed_item o
     WHERE o.customer_id = customer.customer_id AND o.open > o.disputed AND o.due_on < {_TODAY}
     GROUP BY 1, 2) o),
  (SELECT jsonb_agg(jsonb_build_array(e.currency, e.open, e.disputed, e.delivered, coalesce(h.reserved, 0),
       greatest(e.unapplied - e.kept, 0), e.accrued, e.kept,
       (SELECT CASE WHEN l.valid_until < {_TODAY} THEN 0 ELSE l.amount END + coalesce((
          SELECT t.amount FROM credit_limit t WHERE t.customer_id = e.customer_id AND t.currency = e.currency
            AND t.kind = 'temporary' AND {_TODAY} BETWEEN t.valid_from AND t.valid_until
          ORDER BY t.version DESC LIMIT 1), 0)
        FROM credit_limit l WHERE l.customer_id = e.customer_id AND l.currency = e.currency AND l.kind = 'base'
          AND l.valid_from <= {_TODAY} ORDER BY l.version DESC LIMIT 1),
       ({_COVERED})) ORDER BY e.currency)
   FROM exposure e LEFT JOIN authorization_head h ON h.tenant_id = e.tenant_id AND h.customer_id = e.customer_id
     AND h.currency = e.currency
   WHERE e.customer_id = customer.customer_id AND e.currency <> CAST(:currency AS text)),
  (SELECT r.grade FROM credit_rating r WHERE r.customer_id = customer.customer_id
   ORDER BY r.rating_id DESC LIMIT 1),
  (WITH RECURSIVE {_ENTRIES_HERE} SELECT max(p.broken_on) FROM entry n JOIN broken_promise p USING (customer_id)
   WHERE p.broken),
  (SELECT jsonb_object_agg(x.rule, x.waived_until ORDER BY x.waived_until) FROM credit_hold x
   WHERE x.customer_id = customer.customer_id AND x.waived_until >= {_TODAY}))"""  # noqa: S608  constants only
"""One value of a statement over `customer`, for an order in `currency`; limits count without covers."""


def seen_of(found: Sequence[Any]) -> HoldInputs:
    """From the value that `SEEN` gives, or a decision keeps."""
    past_due, others, grade, broken_on, waived = found
    return HoldInputs(
        tuple(PastDue(date.fromisoformat(on), Money(minor, currency)) for currency, on, minor in past_due or ()),
        tuple(_other_of(one) for one in others or ()), grade, broken_on and date.fromisoformat(broken_on),
        {HoldRule(rule): date.fromisoformat(until) for rule, until in (waived or {}).items()})


def seen_as_json(seen: HoldInputs) -> Sequence[Any]:
    """As a decision keeps it."""
    broken_on = seen.promise_broken_on
    return [
        [[one.amount.currency, one.due_on.isoformat(), one.amount.minor] for one in seen.past_due],
        [_other_as_json(one) for one in seen.others], seen.grade, broken_on and broken_on.isoformat(),
        {rule.value: until.isoformat() for rule, until in seen.waived.items()}]


def covers_as_json(covers: Sequence[CountedCover]) -> list[list[Any]]:
    """As `counted_covers` reads them."""
    return [[str(one.id), one.kind.value, one.counts.minor] for one in covers]


def _other_of(told: Sequence[Any]) -> OtherUse:
    currency, *numbers = told
    accrued, kept, limit, covers = numbers[len(_PARTS):]
    parts = ExposureParts(
        **{name: Money(minor, currency) for name, minor in zip(_PARTS, numbers, strict=False)},
        accrued=beside_of([accrued], currency), kept=beside_of([kept], currency))
    return OtherUse(parts, None if limit is None else Money(limit, currency), counted_covers(covers, currency))


def _other_as_json(one: OtherUse) -> list[Any]:
    parts = one.parts
    return [parts.currency, *(getattr(parts, name).minor for name in _PARTS),
            parts.accrued and parts.accrued.minor, parts.kept and parts.kept.minor,
            one.limit and one.limit.minor, covers_as_json(one.covers)]
