"""Two at once on real PostgreSQL: one number, one external id, one entry; and what the database itself forbids."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from customer_svc.domain.address import Address
from customer_svc.domain.contact import Contact, Language
from customer_svc.domain.customer import Customer, CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.interaction import Interaction, InteractionKind, InteractionOutcome
from customer_svc.domain.registration import Registration, Row
from customer_svc.domain.terms import TermsOfTrade
from customer_svc.usecases import (
    activate_customer,
    add_address,
    add_contact,
    close_customer,
    record_interaction,
    register_customers,
)
from customer_svc.usecases.take_imported_rows import take_imported_rows
from dunlin_kernel.errors import Conflict, DomainError
from dunlin_kernel.ids import AddressId, ContactId, CustomerId, new_id
from dunlin_kit.meeting_for_tests import meeting
from dunlin_kit.transaction import Transaction

CUSTOMERS = "/customer/v1/customers"


def asked(external_id: str | None = None, number: str | None = None) -> Registration:
    particulars = Particulars(CustomerKind.ORGANIZATION, "Heron", TermsOfTrade(30), external_id=external_id)
    return Registration(CustomerId(new_id()), number, CustomerStatus.PROSPECT, particulars)


async def register(archive: Any, *registrations: Registration) -> list[Customer]:
    async def work(tx: Transaction) -> list[Customer]:
        return await register_customers(tx, registrations)

    registered: list[Customer] = await archive.running.database.transact(archive.tenant, work)
    return registered


@pytest.mark.parametrize(
    ("taken", "code"), [({"number": "N-1"}, "number_taken"), ({"external_id": "X-1"}, "external_id_taken")])
async def test_of_many_at_once_one_takes_it(archive: Any, taken: dict[str, str], code: str) -> None:
    ended = await asyncio.gather(*(register(archive, asked(**taken)) for _ in range(8)), return_exceptions=True)
    refused = [end for end in ended if isinstance(end, BaseException)]
    assert len(refused) == 7
    assert {end.code for end in refused if isinstance(end, Conflict)} == {code}
    assert len(await archive.facts()) == 1


async def test_numbers_of_many_at_once_are_a_series(archive: Any) -> None:
    ended = await asyncio.gather(
        *(register(archive, asked(), asked(), asked()) for _ in range(6)), register(archive, asked(number="C-000050")))
    numbers = sorted(customer.number for end in ended for customer in end)
    assert len(set(numbers)) == 19
    series = [int(number[2:]) for number in numbers if number != "C-000050"]
    assert all(n <= 18 or n > 50 for n in series)


@pytest.mark.parametrize("numbered", [False, True])
async def test_one_file_imported_twice_at_once_is_taken_once(archive: Any, numbered: bool) -> None:
    """In both orders, also where the file has numbers: nobody waits in a ring (the database counts deadlocks)."""

    async def run(way: int) -> tuple[int, int]:
        rows = [Row(line, asked(f"X-{line}", f"N-{line}" if numbered else None)) for line in range(2, 40)][::way]

        async def work(tx: Transaction) -> tuple[int, int]:
            imported = await take_imported_rows(tx, rows)
            return imported.registered, imported.unchanged

        counted: tuple[int, int] = await archive.running.database.transact(archive.tenant, work)
        return counted

    ended = await asyncio.gather(run(1), run(-1), run(1), run(-1))
    assert sorted(ended) == [(0, 38), (0, 38), (0, 38), (38, 0)]
    assert len(await archive.facts()) == 38


async def test_one_of_many_activates(archive: Any) -> None:
    [customer] = await register(archive, asked())

    async def activate() -> str:
        async def work(tx: Transaction) -> Customer:
            return await activate_customer(tx, customer.id)

        try:
            return str((await archive.running.database.transact(archive.tenant, work)).status)
        except DomainError as refused:
            return refused.code

    ended = await asyncio.gather(*(activate() for _ in range(6)))
    assert sorted(ended) == ["active", *["illegal_transition"] * 5]
    assert [payload["status"] for _, payload in await archive.facts()] == ["prospect", "active"]


async def test_of_two_changes_of_one_version_one_is_stale(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    ended = await asyncio.gather(*(archive.send("PATCH", path, {"name": f"N{n}"}, seen='"1"') for n in range(5)))
    assert sorted(answer.status_code for answer in ended) == [200, 412, 412, 412, 412]
    assert (await archive.get(path)).json()["version"] == 2


async def test_one_key_at_once_is_one_customer(archive: Any) -> None:
    body = {"kind": "organization", "name": "Heron", "terms": {"due_days": 30, "end_of_month": False}}
    ended = await asyncio.gather(*(archive.post(CUSTOMERS, body, key="same") for _ in range(8)))
    assert {answer.status_code for answer in ended} == {201}
    assert len({answer.content for answer in ended}) == 1
    assert len(await archive.facts()) == 1


async def test_contacts_added_at_once_are_all_counted(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}/contacts"
    await asyncio.gather(*(archive.post(path, {"name": f"P{n}", "language": "en"}) for n in range(5)))
    told = [payload["contacts"] for fact, payload in await archive.facts() if fact == "CustomerContactsChanged"]
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("statement", [
    "DELETE FROM customer", "DELETE FROM tenant", "UPDATE customer_change SET actor = 'nobody'",
    "DELETE FROM customer_change", "SELECT * FROM outbox_event", "DELETE FROM customer_number_series"])
async def test_what_requests_can_never_do(archive: Any, statement: str) -> None:
    connection = await asyncpg.connect(archive.running.urls.app)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_without_its_tenant_nothing_is_seen_or_written(archive: Any, other: Any) -> None:
    mine = UUID((await archive.register(number="N-1"))["id"])
    connection = await asyncpg.connect(archive.running.urls.app)
    try:
        for setting in ("", str(other.tenant)):
            await connection.execute("SELECT set_config('dunlin.tenant', $1, false)", setting)
            for table in ("customer", "contact", "customer_change", "customer_number_series"):
                seen = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", archive.tenant)
                assert seen == 0
            assert await connection.fetch("SELECT * FROM search_customers(ARRAY['北'], '北', '', 10)") == []
            assert await connection.execute("UPDATE customer SET version = 9 WHERE id = $1", mine) == "UPDATE 0"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(
                    "INSERT INTO customer_number_series VALUES ($1, 1) ON CONFLICT DO NOTHING", archive.tenant)
    finally:
        await connection.close()


def _contact(tx: Transaction, customer: Customer) -> Any:
    return add_contact(tx, Contact(ContactId(new_id()), customer.id, "Li", Language.ENGLISH))


def _address(tx: Transaction, customer: Customer) -> Any:
    return add_address(tx, Address(AddressId(new_id()), customer.id, (), "Street 1", "Beijing", "CN"))


@pytest.mark.parametrize("add", [_contact, _address])
async def test_what_is_added_while_a_customer_is_closed_waits_and_is_refused(archive: Any, add: Any) -> None:
    """The foreign key would let it in: it asks for nothing but that the customer stays there."""
    [one] = await register(archive, asked())
    met = await meeting(archive.running, archive.tenant, lambda tx: close_customer(tx, one.id), lambda tx: add(tx, one))
    assert met.waited
    assert met.second.code == "customer_closed"


def _talk(tx: Transaction, customer: Customer) -> Any:
    return record_interaction(tx, Interaction(
        new_id(), customer.id, InteractionKind.CALL, datetime(2020, 1, 1, tzinfo=UTC), "Said",
        InteractionOutcome.REACHED))


async def test_what_only_refers_to_a_customer_does_not_wait_for_who_changes_it(archive: Any) -> None:
    [one] = await register(archive, asked())
    met = await meeting(
        archive.running, archive.tenant, lambda tx: close_customer(tx, one.id), lambda tx: _talk(tx, one))
    assert (met.waited, met.first.status, met.second.interaction.summary) == (False, CustomerStatus.CLOSED, "Said")
