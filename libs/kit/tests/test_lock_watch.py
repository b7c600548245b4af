"""The watch over the order of locks: what statements lock, and what is out of turn."""

import pytest
from toy_service import LOCK, NOTE

from dunlin_kernel.ids import new_id
from dunlin_kit import database, lock_watch
from dunlin_kit.lock_watch import ADVISORY, Lock, OutOfOrder, Turns, locks_of
from dunlin_kit.tenants import TENANT
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

FIRST, SECOND = sorted((new_id(), new_id()))
STEPS = {
    "in order": ("a1 b1 c1", None),
    "rows by key": ("a1 a2", None),
    "what is held already": ("a1 b1 a1", None),
    "an earlier table": ("b1 a1", "a after b"),
    "an earlier row": ("a2 a1", "a: a row after a later one"),
    "a further row under a later lock": ("a1 b1 a2", "a after b"),
    "after the facts": ("a1 ! b1", "b after the facts were written"),
    "held already, after the facts": ("a1 ! a1", None),
    "a lock that skips what is held": ("b1 a1-", None),
    "something later than what was skipped to": ("b1- a1", "a after b"),
    "a locked row is written": ("a1 b1 =a1", None),
    "a row is written in its turn": ("a1 =b1", None),
    "a row is written out of its turn": ("b1 =a1", "a after b"),
    "another row is written than was locked": ("a1 b1 =a2", "a after b"),
    "an earlier row is written than was locked": ("a2 =a1", "a: a row after a later one"),
    "what is only written, in the end": ("a1 =y1 =z1", None),
    "what is only written, behind a lock": ("a1 =z1 =y1 b1", None),
    "what is only written, behind none and in its order": ("=y1 =z1", None),
    "what is only written, behind none and out of its order": ("=z1 =y1", "y after z, which no lock covers"),
    "a lock after what was written behind none": ("=y1 a1", "a after y, which no lock covers"),
    "a row is written after what was written behind none": ("=y1 =a1", "a after y, which no lock covers"),
    "a statement that writes is seen": ("~z1 a1", "a after z, which no lock covers"),
    "what only takes new rows": ("=x1 a1", None),
}


@pytest.mark.parametrize("steps", STEPS)
def test_a_lock_out_of_its_turn_is_refused(steps: str) -> None:
    taken, refused = STEPS[steps]
    turns = Turns(("a", "b", "c"), ("y", "z"))

    def take() -> None:
        for step in taken.split():
            if step == "!":
                turns.end()
            elif step[0] == "=":
                turns.write(step[1], frozenset((FIRST if step[2] == "1" else SECOND,)))
            elif step[0] == "~":
                turns.ask(Lock(step[1], True, False), frozenset())
            else:
                row = FIRST if step[1] == "1" else SECOND
                lock, named = Lock(step[0], not step.endswith("-"), True), frozenset((row, "CNY"))
                turns.ask(lock, named)
                turns.have(lock, named)

    if refused is None:
        take()
    else:
        with pytest.raises(OutOfOrder, match=refused):
            take()


def test_what_was_asked_for_and_did_not_come_is_not_held() -> None:
    turns, both = Turns(("a", "b")), frozenset((FIRST, SECOND))
    turns.have(Lock("a", True, True), both, frozenset((SECOND, "CNY")))
    turns.write("a", frozenset((SECOND,)))
    with pytest.raises(OutOfOrder, match="a: a row after a later one"):
        turns.ask(Lock("a", True, True), both)


async def test_what_is_written_in_the_end_is_watched_too(toy: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_watch, "order_of", lambda _: ("tenant", "note"))
    monkeypatch.setattr(database, "Transaction", lock_watch.WatchedTransaction)
    tenant, note = await toy.tenant(), {"id": new_id(), "text": "held", "size": 0, "tags": None}

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, note)

    async def change(tx: Transaction) -> None:
        await tx.row(LOCK, id=note["id"])
        tx.change(NOTE, {"id": note["id"], "size": 1})

    async def change_both(tx: Transaction) -> None:
        await change(tx)
        tx.change(TENANT, {"name": "Another"}, key=())

    await toy.database.transact(tenant, make)
    await toy.database.transact(tenant, change)
    with pytest.raises(OutOfOrder, match="tenant after note"):
        await toy.database.transact(tenant, change_both)


def test_a_lock_of_something_without_a_place_is_refused() -> None:
    with pytest.raises(AssertionError, match="no place"):
        Turns(("a",)).ask(Lock("z", True, True), frozenset())


TEXTS = {
    "SELECT x FROM account WHERE id = $1 FOR UPDATE": [Lock("account", True, True)],
    "SELECT x FROM account a JOIN unnest($1) w ON w.id = a.id FOR UPDATE OF a SKIP LOCKED":
        [Lock("account", False, True)],
    "WITH g AS (SELECT 1 FROM credit_group g JOIN m ON true FOR UPDATE OF g) SELECT 1 FROM head h JOIN g ON true "
    "FOR UPDATE OF h": [Lock("credit_group", True, True), Lock("head", True, True)],
    "SELECT 1 FROM customer WHERE id = $1 FOR NO KEY UPDATE": [Lock("customer", True, True)],
    "SELECT pg_advisory_xact_lock_shared($1)": [Lock(ADVISORY, True, True)],
    "INSERT INTO series (n) VALUES (1) ON CONFLICT DO UPDATE SET n = 2": [Lock("series", True, False)],
    "UPDATE account SET x = 1": [Lock("account", True, False)],
    "DELETE FROM contact WHERE id = $1": [Lock("contact", True, False)],
    "SELECT x FROM account": [],
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_statement_locks_is_read_from_its_text(text: str) -> None:
    assert list(locks_of(text)) == TEXTS[text]
