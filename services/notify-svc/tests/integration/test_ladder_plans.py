"""What the daily run of the ladder sends, from the facts it hears to the mail and its outcome, is planned without
reading a growing table from end to end: as the service's own role under row-level security."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dunlin_kit.grown_tables import LAST, growing_read_whole, grown, read_whole, statements_sent
from dunlin_kit.statements import compiled
from notify_svc.store import notices

SMALL = {"tenant", "alembic_version", "relay_state", "parked_event", "ladder_policy", "ladder_selection",
         "contact_policy", "collection_policy", "letter_template", "staff", "exchange_rate"}
"""A few rows each, however long the service runs."""
SETTLED = "UPDATE dunned_item SET open = 0, disputed = 0 WHERE open > 30"
"""Most of what was ever to be dunned."""
EACH_DAY = {"customer", "statement"}
"""Once a day it is asked of every customer who answers for it, and of every statement whether it was answered."""


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The texts of all statements that transactions send."""
    with statements_sent() as texts:
        yield texts


async def test_a_run_of_the_ladder_reads_no_growing_table_whole(desk: Any, sent: list[str], postgres: str) -> None:
    await desk.turn_to(date(2026, 1, 5))
    sent.clear()
    await desk.issue("INV1", "4520.00", issued=date(2026, 1, 5), due=date(2026, 2, 4))
    await desk.turn_to(date(2026, 2, 2))
    await desk.allocate("INV1", "20.00")
    await desk.turn_to(date(2026, 2, 8))
    texts = set(sent)
    assert len(desk.recorder.mails) == 2
    assert len(texts) > 20
    assert [text for text in texts if LAST in text]
    async with grown(postgres, "notify", SMALL, but=[SETTLED]) as connection:
        assert await read_whole(connection, "SELECT FROM dunned_item WHERE open = 1") == ["dunned_item"]
        whole = await growing_read_whole(connection, texts, SMALL)
        assert set(whole.pop(compiled(notices._OWNERS).text)) <= EACH_DAY
        assert not whole
