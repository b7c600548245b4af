"""How far the streams of a customer stand here: its own, and those heard of other owners."""

from typing import Any

from sqlalchemy import Text, bindparam, column, literal, select, table

from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction

_WATERMARK: Any = table("watermark", column("owner", Text), column("stream", Text), column("sequence"))
_STREAM: Any = table("event_stream", column("stream", Text), column("seq"))
_POSITIONS: Any = (
    select(_WATERMARK.c.owner, _WATERMARK.c.sequence).where(_WATERMARK.c.stream == bindparam("stream", type_=Text))
    .union_all(select(literal("customer"), _STREAM.c.seq).where(_STREAM.c.stream == bindparam("stream", type_=Text)))
    .order_by("owner"))


async def of_customer(tx: Transaction, customer_id: CustomerId) -> list[str]:
    """Each as `<owner>/<stream>/<sequence>`, the form of `min_position`."""
    stream = f"{tx.tenant}:{customer_id}"
    rows = await tx.rows(_POSITIONS, stream=stream)
    return [f"{row['owner']}/{stream}/{row['sequence']}" for row in rows]
