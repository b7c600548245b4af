"""What an operator does about streams that stand still, and how the consumer goes on afterwards."""

import argparse
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from hearer import Mood, Place, subscription, told
from structlog.testing import capture_logs
from test_consuming import structured

from dunlin_events import parking
from dunlin_events.consuming import Consumer, Tx
from dunlin_events.draining import drain
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.operating import add_commands, operate
from dunlin_events.testing import deliver_all
from dunlin_events.watermark import Key
from dunlin_kernel.errors import Conflict, NotFound, RuleBroken
from dunlin_kernel.ids import NIL, new_id

TOPIC = "dunlin-customer"
TENANT = new_id()


async def deliver(place: Place, *records: Record, mood: Mood | None = None) -> None:
    bus = MemoryBus()
    await bus.publisher().publish(TOPIC, records)
    reader = bus.reader("hearer", [TOPIC], "one")
    await deliver_all(Consumer(reader, [subscription(mood)], place.database.transact, name="hearer"))


async def doing(place: Place, work: Callable[[Tx], Coroutine[Any, Any, Any]]) -> Any:
    return await place.database.transact(NIL, work)


def key_of(customer: Any) -> Key:
    return Key("hearer", "customer", stream_of(TENANT, customer))


async def test_the_list_shows_where_each_stream_stands(place: Place) -> None:
    one, two = new_id(), new_id()
    with capture_logs() as noted:
        await deliver(
            place, poisoned := told(TENANT, one, 1, 666), told(TENANT, one, 2), told(TENANT, two, 2),
            told(TENANT, two, 3), Record("nobody", (), b"noise"))
    assert {said["stream"]: said.get("correlation_id") for said in noted if said["event"] == "event_parked"} == {
        stream_of(TENANT, one): Envelope.of(poisoned).correlation_id, "nobody": None}
    found = {each.key: each for each in await doing(place, parking.list_parked)}
    poison, hole, noise = found[key_of(one)], found[key_of(two)], found[Key("hearer", "customer", "nobody")]
    assert (poison.held, poison.mark, poison.waiting, poison.sequence) == ("poison", "1/1", 2, 0)
    assert "too_many" in poison.detail
    assert (hole.held, hole.mark, hole.waiting) == ("hole", "1/2", 2)
    assert (noise.held, noise.reason, noise.waiting) == (None, "undecodable", 1)
    prefix = f"{TENANT}:%"
    assert len(await doing(place, lambda tx: parking.list_parked(tx, streams=prefix))) == 2


async def test_a_retried_event_and_all_behind_it_are_applied(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2, 666), *(told(TENANT, one, n) for n in range(3, 9)))
    await doing(place, lambda tx: parking.retry_parked(tx, key_of(one), who="ann"))
    await deliver(place, mood=Mood(refuses=False))
    assert await place.order(one) == "1 2 3 4 5 6 7 8"
    assert await place.parked() == []


async def test_what_comes_again_of_a_held_stream_waits_for_the_operator(place: Place) -> None:
    one, two = new_id(), new_id()
    poison = told(TENANT, one, 2, 666)
    await deliver(place, told(TENANT, one, 1), poison, told(TENANT, two, 1), told(TENANT, two, 2, era=2))
    await deliver(place, poison, told(TENANT, two, 2), mood=Mood(refuses=False))
    assert (await place.order(one), await place.mark(stream_of(TENANT, one))) == ("1", (1, 1, "poison"))
    assert (await place.order(two), await place.mark(stream_of(TENANT, two))) == ("1", (1, 1, "era"))


async def test_who_had_an_event_tried_again_is_kept(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1, 666), told(TENANT, one, 2))
    for who in ("ann", "bob"):
        await doing(place, partial(parking.retry_parked, key=key_of(one), who=who))
        await deliver(place, mood=Mood(refuses=who == "ann"))
    assert await place.order(one) == "1 2"
    kept = await place.rows(
        "SELECT reason, split_part(mark, ' ', 1), detail LIKE '%too_many%', skipped_by, skipped_at < clock_timestamp() "
        "FROM parked_event ORDER BY skipped_at")
    assert kept == [("retried", "1/1", True, "ann", True), ("retried", "1/1", True, "bob", True)]
    assert await place.parked() == []


async def test_a_retried_event_that_fails_again_stands_again(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1, 666), told(TENANT, one, 2))
    await doing(place, lambda tx: parking.retry_parked(tx, key_of(one), who="ann"))
    await deliver(place)
    assert await place.mark(stream_of(TENANT, one)) == (0, 0, "poison")
    assert await place.parked() == [("1/1", "poison"), ("1/2", "behind")]


async def test_a_skipped_event_is_kept_with_who_and_why(place: Place) -> None:
    one = new_id()
    await deliver(place, *(told(TENANT, one, n, 666 if n in (2, 4) else 1) for n in (1, 2, 3, 4)))
    await doing(place, lambda tx: parking.skip_parked(tx, key_of(one), "1/2", who="ann", why="a test entry"))
    await deliver(place)
    assert await place.order(one) == "1 3"
    assert await place.mark(stream_of(TENANT, one)) == (1, 3, "poison")
    kept = await place.rows("SELECT mark, skipped_by, skipped_why FROM parked_event WHERE skipped_at IS NOT NULL")
    assert kept == [("1/2", "ann", "a test entry")]


async def test_a_skipped_hole_is_kept_and_the_stream_goes_on(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 4), told(TENANT, one, 5))
    missing = await doing(place, lambda tx: parking.skip_hole(tx, key_of(one), who="ann", why="lost in the restore"))
    assert missing == "1/2-3"
    await deliver(place, told(TENANT, one, 2), told(TENANT, one, 6))
    assert await place.order(one) == "1 4 5 6"
    assert await place.rows("SELECT mark, skipped_why FROM parked_event") == [("1/2-3", "lost in the restore")]


async def test_a_skipped_record_without_headers_moves_nothing(place: Place) -> None:
    await deliver(place, Record("nobody", (), b"noise"))
    mark = (await place.parked())[0][0]
    key = Key("hearer", "customer", "nobody")
    await doing(place, lambda tx: parking.skip_parked(tx, key, mark, who="ann", why="noise"))
    assert await place.parked() == []


async def test_an_era_is_accepted_when_the_event_at_the_watermark_came_again(place: Place) -> None:
    one = new_id()
    first = [told(TENANT, one, n) for n in (1, 2, 3)]
    ids = [Envelope.of(record).event_id for record in first]
    await deliver(place, *first)
    again = [told(TENANT, one, n, era=2, event_id=ids[n - 1]) for n in (1, 2, 3)]
    await deliver(place, *again, told(TENANT, one, 4, era=2), told(TENANT, one, 5, era=2))
    assert await place.order(one) == "1 2 3"
    await doing(place, lambda tx: parking.accept_era(tx, key_of(one), who="ann"))
    kept = await place.rows("SELECT reason, skipped_by FROM parked_event WHERE skipped_at IS NOT NULL")
    assert kept == [("era", "ann")]
    await deliver(place, told(TENANT, one, 6, era=2))
    assert await place.order(one) == "1 2 3 4 5 6"
    assert await place.mark(stream_of(TENANT, one)) == (2, 6, None)


async def test_an_event_given_up_unseen_that_comes_late_holds_nothing(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1, 1), told(TENANT, one, 3, 666))
    await doing(place, lambda tx: parking.skip_hole(tx, key_of(one), who="ann", why="never came"))
    await deliver(place, told(TENANT, one, 2))
    assert [mark for mark, _ in await place.parked()] == ["1/3"]
    assert (await place.mark(stream_of(TENANT, one)))[2] != "era"


async def test_an_era_with_another_event_at_the_watermark_is_not_accepted(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2))
    await deliver(place, told(TENANT, one, 2, era=2), told(TENANT, one, 3, era=2))
    with pytest.raises(RuleBroken, match="era_not_proved"):
        await doing(place, lambda tx: parking.accept_era(tx, key_of(one), who="ann"))


async def test_what_makes_no_sense_is_refused(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2, 666), told(TENANT, one, 3))
    key = key_of(one)
    with pytest.raises(RuleBroken, match="reason_missing"):
        await doing(place, lambda tx: parking.skip_parked(tx, key, "1/2", who="ann", why=" "))
    with pytest.raises(NotFound, match="not_parked"):
        await doing(place, lambda tx: parking.skip_parked(tx, key, "1/9", who="ann", why="x"))
    with pytest.raises(Conflict, match="not_next"):
        await doing(place, lambda tx: parking.skip_parked(tx, key, "1/3", who="ann", why="x"))
    with pytest.raises(Conflict, match="no_hole"):
        await doing(place, lambda tx: parking.skip_hole(tx, key, who="ann", why="x"))
    with pytest.raises(Conflict, match="no_new_era"):
        await doing(place, lambda tx: parking.accept_era(tx, key, who="ann"))
    with pytest.raises(Conflict, match="nothing_to_retry"):
        await doing(place, lambda tx: parking.retry_parked(tx, key_of(new_id()), who="ann"))
    assert [mark for mark, _ in await place.parked()] == ["1/2", "1/3"]


async def test_events_in_structured_mode_are_skipped_and_accepted_alike(place: Place) -> None:
    one, two, three = new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(3)]
    await deliver(
        place, structured(told(TENANT, one, 1, 666), encoded=False), structured(told(TENANT, one, 2), encoded=True),
        structured(told(TENANT, two, 3), encoded=False), *(told(TENANT, three, n, event_id=ids[n]) for n in (1, 2)))
    await doing(place, lambda tx: parking.skip_parked(tx, key_of(one), "1/1", who="ann", why="a test entry"))
    assert await doing(place, lambda tx: parking.skip_hole(tx, key_of(two), who="ann", why="lost")) == "1/1-2"
    again = [told(TENANT, three, n, era=2, event_id=ids[n]) for n in (1, 2)]
    await deliver(place, *(structured(record, encoded=True) for record in again), told(TENANT, three, 3, era=2))
    await doing(place, lambda tx: parking.accept_era(tx, key_of(three), who="ann"))
    await deliver(place)
    assert [await place.order(customer) for customer in (one, two, three)] == ["2", "3", "1 2 3"]
    kept = "SELECT skipped_by, reason FROM parked_event WHERE skipped_at > now() - interval '1 hour' ORDER BY 2"
    assert await place.rows(kept) == [("ann", "era"), ("ann", "hole"), ("ann", "poison")]


async def test_the_commands_of_an_operator(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1, 666), told(TENANT, one, 2))
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(dest="command"))

    async def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = await operate(place.dsn, parser.parse_args(words), "dunlin-customer", MemoryBus())
        return code, capsys.readouterr().out

    key = key_of(one)
    code, said = await run("parked", "list")
    assert code == 0
    assert said.split()[:5] == [*key, "1/1", "poison"]
    assert (await run("parked", "skip", *key, "1/2", "--why", "x"))[0] == 1
    assert (await run("parked", "retry", *key))[0] == 0
    assert (await run("parked", "skip", *key, "1/1", "--why", "a test entry"))[0] == 0
    assert (await run("era", "accept")) == (0, "")
    await deliver(place)
    assert await place.order(one) == "2"


@pytest.mark.parametrize("at_once", [False, True])
async def test_two_stories_under_the_same_numbers_are_never_mixed(place: Place, at_once: bool) -> None:
    """The owner was set back while the stream stood still, and told on without a new era."""
    one = new_id()
    first = [told(TENANT, one, n, 666 if n == 2 else 1) for n in range(1, 6)]
    second = [told(TENANT, one, n) for n in (4, 5, 6)]
    with capture_logs() as noted:
        for some in ([[*first, *second]] if at_once else [first, first, second]):
            await deliver(place, *some)
    alarms = [(said["mark"], said["detail"]) for said in noted if said.get("reason") == "era"]
    ids = [Envelope.of(record).event_id for record in second[:2]]
    assert alarms == [(f"1/{n}", f"Event {ids[n - 4]} came under this number too.") for n in (4, 5)]
    assert await place.mark(stream_of(TENANT, one)) == (1, 1, "era")
    assert await place.parked() == [
        ("1/2", "poison"), ("1/3", "behind"), ("1/4", "era"), ("1/5", "era"), ("1/6", "behind")]
    for refused in (
        partial(parking.retry_parked, key=key_of(one), who="ann"),
        partial(parking.skip_parked, key=key_of(one), mark="1/2", who="ann", why="tired"),
    ):
        with pytest.raises(Conflict):
            await doing(place, refused)
    await deliver(place, mood=Mood(refuses=False))
    assert await place.order(one) == "1"

    begun = [told(TENANT, one, 1, era=2, event_id=Envelope.of(first[0]).event_id)]
    await deliver(place, *begun, *(told(TENANT, one, n, era=2) for n in range(2, 7)))
    await doing(place, partial(parking.accept_era, key=key_of(one), who="ann"))
    await deliver(place)
    assert (await place.order(one), await place.parked()) == ("1 2 3 4 5 6", [])


async def test_another_story_closes_no_hole(place: Place) -> None:
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 3))
    await deliver(place, told(TENANT, one, 3), told(TENANT, one, 2))
    assert await place.mark(stream_of(TENANT, one)) == (1, 2, "era")
    await deliver(place)
    assert await place.order(one) == "1 2"


async def test_what_would_have_been_drained_meanwhile_stays_where_an_era_is_awaited(place: Place) -> None:
    """A member that had looked before another one held the stream."""
    one = new_id()
    await deliver(place, told(TENANT, one, 1), told(TENANT, one, 2, 666), told(TENANT, one, 3))
    await place.rows("UPDATE watermark SET held = 'era' WHERE stream = $1", stream_of(TENANT, one))
    mark = await drain(place.database.transact, subscription(Mood(refuses=False)), key_of(one))
    assert (mark.held, await place.order(one)) == ("era", "1")
