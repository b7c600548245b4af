"""The proof can fail: whatever is taken away, doubled or bent by hand after a calm run, it says so."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import proof
import pytest
from dunlin_running import dunlin
from faults_told import Timeline
from office import Office
from production_shape import Fleet

from dunlin_kernel.ids import new_id
from dunlin_kit.settings import BusKind
from dunlin_local.databases import SERVICES


async def _tamper(fleet: Fleet, database: str, statement: str) -> None:
    connection = await asyncpg.connect(urlsplit(fleet.admin)._replace(path=urlsplit(database).path).geturl())
    try:
        assert await connection.execute(statement) not in ("UPDATE 0", "DELETE 0", "INSERT 0 0")
    finally:
        await connection.close()


async def _the_bus_and_the_outbox(fleet: Fleet, outboxes: Mapping[str, list[Any]]) -> None:
    bus = fleet.databases.bus_url
    await _tamper(fleet, bus, """
        INSERT INTO bus_record SELECT topic, part, at + 1, key, headers, value FROM bus_record b
        WHERE topic = 'dunlin-billing' AND at = (SELECT max(at) FROM bus_record c
          WHERE c.part = b.part AND c.topic = b.topic)""")
    await _tamper(fleet, bus, "UPDATE bus_head SET next = next + 1 WHERE topic = 'dunlin-billing'")
    assert await proof.assert_bus(fleet, outboxes) > sum(map(len, outboxes.values())), "a duplicate is no fault"
    await _tamper(fleet, bus, "DELETE FROM bus_record WHERE topic = 'dunlin-credit' AND at = 0")
    with pytest.raises(AssertionError, match=r"out of order|not the outbox of credit|does not give"):
        await proof.assert_bus(fleet, outboxes)


async def _promises(fleet: Fleet, office: Office, outboxes: Mapping[str, list[Any]]) -> None:
    lost = new_id()
    office.promised.payments[lost] = next(iter(office.promised.payments.values()))
    with pytest.raises(AssertionError, match="payments: lost"):
        await proof.assert_promises(fleet, office, outboxes)
    with pytest.raises(AssertionError, match="the accounts are not"):
        await proof.assert_figures(fleet, office)
    del office.promised.payments[lost]
    assert office.promised.released
    for owner, fact in (("credit", "AuthorizationReleased"), ("customer", "CustomerActivated")):
        untold = [row for row in outboxes[owner] if f".{fact}." not in row["type"]]
        with pytest.raises(AssertionError, match=f"{fact}: lost"):
            await proof.assert_promises(fleet, office, {**outboxes, owner: untold})
    told_twice = {**outboxes, "billing": [*outboxes["billing"], *outboxes["billing"]]}
    with pytest.raises(AssertionError, match=r"InvoiceIssued: .* doubled"):
        await proof.assert_promises(fleet, office, told_twice)


async def _figures_and_marks(fleet: Fleet, office: Office, outboxes: Mapping[str, list[Any]]) -> None:
    credit = fleet.databases.url("credit", "owner")
    await _tamper(fleet, credit, "UPDATE exposure SET open = open + 1")
    with pytest.raises(AssertionError, match="copy differs"):
        await proof.assert_figures(fleet, office)
    await _tamper(fleet, credit, "UPDATE watermark SET sequence = sequence - 1 WHERE owner = 'billing'")
    with pytest.raises(AssertionError, match="credit has not heard all"):
        await proof.assert_heard(fleet, outboxes)


async def _mails(fleet: Fleet) -> None:
    mail = next((fleet.folder / "mail").rglob("*.eml"))
    shutil.copy(mail, mail.with_name("again.eml"))
    with pytest.raises(AssertionError, match="left twice"):
        await proof.assert_mails(fleet)
    mail.with_name("again.eml").unlink()
    mail.unlink()
    with pytest.raises(AssertionError, match="did not leave"):
        await proof.assert_mails(fleet)


@pytest.mark.full
async def test_the_proof_sees_what_was_bent(
    postgres: str, tmp_path: Path, timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dunlin(postgres, tmp_path) as system:
        fleet = Fleet({}, dict.fromkeys(SERVICES, system.url), system.issuer, tmp_path, system.databases, postgres,
                      BusKind.POSTGRES, "", timeline, system.client)
        office = await Office.opened(fleet, timeline.seed)
        await office.bill(await office.register(), Random(1))
        for _ in range(3):
            await office.round()
        held = await proof.prove(fleet, office)
        assert held.mails
        outboxes = {service: await proof.outbox_of(fleet, service) for service in SERVICES}
        await _promises(fleet, office, outboxes)
        await _figures_and_marks(fleet, office, outboxes)
        monkeypatch.setattr("bus_read.PATIENCE_SECONDS", 5)
        await _the_bus_and_the_outbox(fleet, outboxes)
        await _mails(fleet)
