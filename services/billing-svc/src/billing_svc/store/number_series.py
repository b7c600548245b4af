"""Number series: the row is locked last before a document is written, and its fresh state decides the number."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Text, Uuid, bindparam, column, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from billing_svc.domain.numbering import NumberSeries
from billing_svc.store.document_tables import NumberSeriesRow
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.database import ReadStale
from dunlin_kit.transaction import Transaction

_t = NumberSeriesRow.__table__.c
_names = bindparam("names", type_=ARRAY(Text))
LOCK = select(_t.series, _t.next_number, _t.last_issued_on).where(_t.series == func.any(_names)).order_by(
    _t.series).with_for_update(key_share=True)
_held = LOCK.with_for_update(key_share=True, of=NumberSeriesRow.__table__).subquery("held")
HELD = select(func.jsonb_agg(
    func.jsonb_build_array(_held.c.series, _held.c.next_number, _held.c.last_issued_on)
)).scalar_subquery().label("held_series")
"""As `LOCK`, as a column to be read beside what only earlier locks protect; null where none of them has begun."""
_new = func.unnest(_names).table_valued(column("series", Text)).render_derived(name="new")
OPEN = (
    insert(NumberSeriesRow.__table__).from_select(
        ["tenant_id", "series", "next_number", "last_issued_on"],
        select(bindparam("tenant_id", type_=Uuid), _new.c.series, literal_column("1"), null()).order_by(_new.c.series))
    .on_conflict_do_nothing())


class DayTurned(RuleBroken, ReadStale):
    """While this transaction waited the day turned, and somebody took a number on the new one: look again."""


async def lock(tx: Transaction, names: Collection[str], *, today: date) -> dict[str, NumberSeries]:
    """Wait for these series in order; one that is named for the first time begins at 1.

    Refuses: issued_before_series, where one stands later than `today` also when looked at again.
    """
    in_order = sorted(set(names))
    rows = await tx.rows(LOCK, names=in_order)
    if len(rows) < len(in_order):
        await tx.rows(OPEN, tenant_id=tx.tenant, names=in_order)
        rows = await tx.rows(LOCK, names=in_order)
    return _of_today((NumberSeries(*row) for row in rows), today)


def of_rows(rows: Sequence[Any], names: Collection[str], *, today: date) -> dict[str, NumberSeries] | None:
    """The series, where they were locked by the column `HELD` of these rows; None where not all were.

    Refuses: as `lock`.
    """
    held = rows[0].get("held_series") if rows else None
    if held is None or len(held) < len(set(names)):
        return None
    return _of_today((NumberSeries(series, number, last and date.fromisoformat(last))
                      for series, number, last in held), today)


def _of_today(found: Iterable[NumberSeries], today: date) -> dict[str, NumberSeries]:
    series = {one.series: one for one in found}
    for one in series.values():
        if one.last_issued_on is not None and one.last_issued_on > today:
            raise DayTurned("issued_before_series", "Numbers run with issue dates: the series stands at a later day.",
                            series=one.series, last_issued_on=one.last_issued_on)
    return series


def move(tx: Transaction, *series: NumberSeries) -> None:
    tx.change(NumberSeriesRow, *({"series": one.series, "next_number": one.next_number,
                                  "last_issued_on": one.last_issued_on} for one in series), key=("series",))
