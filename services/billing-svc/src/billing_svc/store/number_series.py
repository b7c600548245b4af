"""Number series: the row is locked last before a document is written, and its fresh state decides the number."""

from collections.abc import Collection
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
    series = {row["series"]: _series(row) for row in rows}
    for one in series.values():
        if one.last_issued_on is not None and one.last_issued_on > today:
            raise DayTurned("issued_before_series", "Numbers run with issue dates: the series stands at a later day.",
                            series=one.series, last_issued_on=one.last_issued_on)
    return series


def move(tx: Transaction, *series: NumberSeries) -> None:
    tx.change(NumberSeriesRow, *({"series": one.series, "next_number": one.next_number,
                                  "last_issued_on": one.last_issued_on} for one in series), key=("series",))


def _series(row: Any) -> NumberSeries:
    return NumberSeries(row["series"], row["next_number"], row["last_issued_on"])
