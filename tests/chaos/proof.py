"""What must hold after the drain, whatever was done: asked over HTTP, in every database, on the bus, in the mailbox."""

import asyncio
import email
import email.policy
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from bus_read import bus_records
from dunlin_running import HEARS, _is_quiet
from office import Office
from patience import Patience
from production_shape import Fleet

from dunlin_events.envelope import Envelope
from dunlin_events.eras import says_all_was_told
from dunlin_events.topics import topic_of
from dunlin_kernel.ids import NIL
from dunlin_local.databases import SERVICES


@dataclass
class Proven:
    """What was counted on the way."""

    acknowledged: int
    events: int
    records: int
    mails: int
    repeats: Mapping[str, int]
    drained_in: float

    def told(self) -> str:
        again = ", ".join(f"{why} {count}" for why, count in sorted(self.repeats.items()))
        return (f"{self.acknowledged} acknowledged writes, {self.events} events, {self.records} records on the bus "
                f"({self.records - self.events} duplicates), {self.mails} mails; drained in {self.drained_in:.1f} s; "
                f"requests repeated: {again or 'none'}; lost 0, doubled 0")


async def prove(fleet: Fleet, office: Office) -> Proven:
    """Wait for the drain and check everything. Raises AssertionError with what does not hold."""
    began = asyncio.get_running_loop().time()
    await quiet(fleet, office)
    drained = asyncio.get_running_loop().time() - began
    fleet.timeline.note("all is quiet")
    assert not fleet.ended_unasked(), fleet.ended_unasked()
    assert not office.client.findings, "\n".join(office.client.findings)
    for service in SERVICES:
        found = await office.client.read(f"/{service}/v1/integrity")
        assert found["checks"]
        assert found["holds"], [check for check in found["checks"] if not check["holds"]]
    outboxes = {service: await outbox_of(fleet, service) for service in SERVICES}
    await assert_promises(fleet, office, outboxes)
    await assert_figures(fleet, office)
    await assert_heard(fleet, outboxes)
    records = await assert_bus(fleet, outboxes)
    mails = await assert_mails(fleet)
    return Proven(office.promised.count(), sum(map(len, outboxes.values())), records, mails,
                  office.client.repeats, drained)


async def quiet(fleet: Fleet, office: Office) -> None:
    """Wait until, three times in a row, all services stand at one time, have heard everything and have no job due."""
    seen: list[Any] = []
    clocks: dict[str, Any] = {}
    patience = Patience(lambda: clocks)
    while patience.lasts():
        assert not fleet.ended_unasked(), fleet.ended_unasked()
        clocks = {service: await office.client.read(f"/{service}/v1/test-clock") for service in SERVICES}
        seen = [*seen[-2:], clocks] if _is_quiet(clocks) else []
        if len(seen) == 3 and seen[0] == seen[1] == seen[2]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not quiet, and nothing moves any more: {clocks}\n{await _held_up(fleet)}")


async def _held_up(fleet: Fleet) -> str:
    """What every session that is at work, or waits, does; and the jobs that are tried again and again."""
    sessions = await rows(
        fleet, "billing", "SELECT datname, pid, application_name, state, wait_event, clock_timestamp() - xact_start, "
        "pg_blocking_pids(pid), left(query, 200) FROM pg_stat_activity "
        "WHERE state <> 'idle' AND pid <> pg_backend_pid()")
    jobs = {service: await rows(fleet, service, "SELECT * FROM job WHERE attempts > 1") for service in SERVICES}
    return "\n".join(map(str, [*sessions, *(row for found in jobs.values() for row in found)]))


async def rows(fleet: Fleet, service: str, statement: str) -> list[Any]:
    """Straight from a service's database, past its row-level security."""
    name = urlsplit(fleet.databases.url(service, "owner")).path
    connection = await asyncpg.connect(urlsplit(fleet.admin)._replace(path=name).geturl())
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def outbox_of(fleet: Fleet, service: str) -> list[Any]:
    """The outbox in stream order; each stream is 1 to n."""
    told = await rows(fleet, service, "SELECT stream, seq, event_id, type, payload FROM outbox_event "
                                      "ORDER BY stream, seq")
    heads = {row["stream"]: row["seq"] for row in await rows(
        fleet, service, "SELECT stream, seq FROM event_stream WHERE stream <> ''")}
    numbers: dict[str, list[int]] = {}
    for row in told:
        numbers.setdefault(row["stream"], []).append(row["seq"])
    for stream, found in numbers.items():
        assert found == list(range(1, heads[stream] + 1)), f"{service} {stream}: {found}"
    assert heads.keys() == numbers.keys()
    return told


async def assert_promises(fleet: Fleet, office: Office, outboxes: Mapping[str, list[Any]]) -> None:
    """Every acknowledged write is there once, nothing else is there, and each was told of once."""
    promised = office.promised
    held = {
        "customers": await _counted(fleet, "customer", "SELECT id FROM customer"),
        "contacts": await _counted(fleet, "customer", "SELECT customer_id FROM contact"),
        "limits": await _counted(fleet, "credit", "SELECT customer_id FROM credit_limit"),
        "invoices": await _counted(fleet, "billing", "SELECT id FROM invoice WHERE status = 'issued'"),
        "payments": await _counted(fleet, "billing", "SELECT id FROM credit"),
        "reversals": await _counted(fleet, "billing", "SELECT credit_id FROM payment_reversal"),
        "authorizations": await _counted(fleet, "credit", "SELECT authorization_id FROM credit_authorization"),
        "InvoiceIssued": _told(outboxes["billing"], "InvoiceIssued", "invoice_id"),
        "PaymentConfirmed": _told(outboxes["billing"], "PaymentConfirmed", "payment_id"),
        "PaymentReversed": _told(outboxes["billing"], "PaymentReversed", "payment_id"),
        "CustomerRegistered": _told(outboxes["customer"], "CustomerRegistered", "customer_id"),
        "CustomerActivated": _told(outboxes["customer"], "CustomerActivated", "customer_id"),
        "AuthorizationReleased": _told(
            outboxes["credit"], "AuthorizationReleased", "authorization_id", cause="requested"),
    }
    wanted: dict[str, Iterable[UUID]] = {
        "customers": promised.customers, "contacts": promised.customers, "limits": promised.limits,
        "invoices": promised.invoices, "payments": promised.payments, "reversals": promised.reversed,
        "authorizations": promised.authorizations, "InvoiceIssued": promised.invoices,
        "PaymentConfirmed": promised.payments, "PaymentReversed": promised.reversed,
        "CustomerRegistered": promised.customers, "CustomerActivated": promised.customers,
        "AuthorizationReleased": promised.released}
    for what, ids in wanted.items():
        acknowledged = Counter({one: ids[one] if isinstance(ids, Counter) else 1 for one in ids})
        lost, doubled = acknowledged - held[what], held[what] - acknowledged
        assert not lost and not doubled, f"{what}: lost {dict(lost)}, doubled or not acknowledged {dict(doubled)}"


async def _counted(fleet: Fleet, service: str, statement: str) -> Counter[UUID]:
    return Counter(row[0] for row in await rows(fleet, service, statement))


def _told(events: list[Any], fact: str, field: str, **only: str) -> Counter[UUID]:
    """How often a fact was told of each; `only` where it says this."""
    said = (json.loads(row["payload"]) for row in events if row["type"].split(".")[2] == fact)
    return Counter(UUID(one[field]) for one in said if only.items() <= one.items())


async def assert_figures(fleet: Fleet, office: Office) -> None:
    """The accounts are what was billed less what was paid, and credit-svc's copy of them is the same."""
    figures = "customer_id, open, disputed, unapplied"
    billed = {row["customer_id"]: tuple(row) for row in await rows(fleet, "billing", f"SELECT {figures} FROM account")}
    copied = {row["customer_id"]: tuple(row) for row in await rows(fleet, "credit", f"SELECT {figures} FROM exposure")}
    moved = {owner for owner, _ in (*office.promised.invoices.values(), *office.promised.payments.values())}
    assert {owner: at[1] - at[3] for owner, at in billed.items() if owner in moved} == {
        owner: office.promised.owed(owner) for owner in moved}, "the accounts are not what was billed less paid"
    assert {owner: copied.get(owner) for owner in moved} == {
        owner: billed[owner] for owner in moved}, "credit-svc's copy differs from billing-svc's accounts"


async def assert_heard(fleet: Fleet, outboxes: Mapping[str, list[Any]]) -> None:
    """Each consumer stands at the head of every stream it hears, and nothing is parked."""
    for service in SERVICES:
        marks = {(row["owner"], row["stream"]): row["sequence"] for row in await rows(
            fleet, service, f"SELECT owner, stream, sequence FROM watermark WHERE NOT starts_with(stream, '{NIL}')")}
        heads = {(owner, row["stream"]): row["seq"] for owner in HEARS[service] for row in outboxes[owner]}
        assert marks == heads, f"{service} has not heard all, or more than was told"
        parked = await rows(fleet, service, "SELECT * FROM parked_event WHERE skipped_at IS NULL")
        assert not parked, f"{service} has parked events"


async def assert_bus(fleet: Fleet, outboxes: Mapping[str, list[Any]]) -> int:
    """The bus without duplicates equals the outbox, and each stream is there in order. Returns the records on it."""
    records = await bus_records(fleet, [topic_of(service) for service in SERVICES])
    for service in SERVICES:
        seen: dict[str, list[tuple[int, UUID, bytes]]] = {}
        for record in records[topic_of(service)]:
            envelope = Envelope.of(record)
            if says_all_was_told(envelope.type):
                continue
            found = seen.setdefault(envelope.stream, [])
            one = (envelope.sequence, envelope.event_id, record.value or b"")
            if envelope.sequence == len(found) + 1:
                found.append(one)
            else:
                assert found[envelope.sequence - 1:envelope.sequence] == [one], f"out of order: {envelope}"
        flat = [(stream, *one) for stream in sorted(seen) for one in seen[stream]]
        told = [(row["stream"], row["seq"], row["event_id"], bytes(row["payload"])) for row in outboxes[service]]
        differs = {one[:2] for one in {*flat} ^ {*told}}
        assert flat == sorted(told), f"the bus without duplicates is not the outbox of {service}: {differs}"
    return sum(map(len, records.values()))


async def assert_mails(fleet: Fleet) -> int:
    """No mail left twice, and none without its message; a message that was sent left."""
    files = (fleet.folder / "mail").rglob("*.eml")
    parsed = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]
    left = Counter(UUID(str(mail["message-id"]).strip("<>").partition("@")[0]) for mail in parsed)
    assert not [mail for mail, times in left.items() if times > 1], "a mail left twice"
    states = {row["id"]: row["status"] for row in await rows(fleet, "notify", "SELECT id, status FROM message")}
    assert {states.get(mail) for mail in left} <= {"sent", "unknown"}, "a mail left without its message"
    assert {message for message, status in states.items() if status == "sent"} <= left.keys(), "sent, and did not leave"
    assert "sending" not in states.values(), "a message is under way for ever"
    return len(parsed)
