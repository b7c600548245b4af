"""Many at once: exactly as many orders are approved as the limit covers, captures race decisions, nothing deadlocks."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from credit_svc.consumers.customer import customer
from credit_svc.domain.authorization import Authorization
from credit_svc.store import authorizations
from credit_svc.usecases.authorize_credit import AuthorizeCredit, authorize_credit
from credit_svc.usecases.file_claim import FileClaim, file_claim
from credit_svc.usecases.release_authorization import release_authorization
from credit_svc.usecases.set_credit_limit import set_credit_limit
from credit_svc.usecases.setting_limit import SetCreditLimit
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_kernel.errors import Conflict
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.meeting_for_tests import meeting
from dunlin_kit.testing import deadlocks, tell
from dunlin_kit.transaction import Transaction


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


async def ask(books: Any, minor: int) -> Authorization:
    async def work(tx: Transaction) -> Authorization:
        command = AuthorizeCredit(None, books.customer, cny(minor), "SO-1", expires_at=None, expires_in_days=None)
        authorization, _ = await authorize_credit(tx, command)
        return authorization

    done: Authorization = await books.service.database.transact(books.tenant, work)
    return done


async def release(books: Any, authorization_id: UUID) -> bool:
    async def work(tx: Transaction) -> Authorization:
        return await release_authorization(tx, authorization_id)

    try:
        await books.service.database.transact(books.tenant, work)
    except Conflict:
        return False
    return True


async def test_200_orders_of_1_against_100_are_exactly_100(books: Any) -> None:
    await books.limit("100.00")
    answers = await asyncio.gather(*(ask(books, 100) for _ in range(200)))
    assert sum(answer.reserved.is_positive for answer in answers) == 100
    [position] = (await books.position())["positions"]
    assert (position["parts"]["reserved"]["amount"], position["available"]["amount"]) == ("100.00", "0.00")
    told = await books.told()
    assert (told.count("CreditAuthorized"), told.count("AuthorizationDenied")) == (100, 100)
    assert await books.violations() == []


async def test_200_orders_over_http_while_billing_is_heard(books: Any) -> None:
    """Invoices that capture and invoices that do not, for this customer and others, while orders come in."""
    await books.limit("1000.00")
    reserved = [await ask(books, 10_00) for _ in range(40)]
    others = [await another(books) for _ in range(4)]

    async def bill() -> None:
        opened = 0
        for n, one in enumerate(reserved, start=1):
            opened += 10
            invoice = books.invoice("10.00", f"{opened}.00", authorization_id=one.id)
            await books.hear(invoice, first=n)

    async def post(other: Any) -> str:
        return str((await other.ask("5.00"))["decision"])

    orders = [post(books) for _ in range(140)] + [post(other) for other in others for _ in range(15)]
    billed = asyncio.gather(bill(), *(bill_plainly(other) for other in others))
    decisions = await asyncio.gather(*orders)
    await billed
    assert decisions[:140].count("approved") == 120
    [position] = (await books.position())["positions"]
    assert (position["parts"]["open"]["amount"], position["parts"]["reserved"]["amount"]) == ("400.00", "600.00")
    assert await books.violations() == [] and deadlocks("credit") == 0


async def another(books: Any) -> Any:
    one = new_id()
    told = dict(CustomerRegistered.examples[0]) | {"customer_id": one, "status": "active"}
    await tell(books.service.database, customer, books.tenant, CustomerRegistered.model_validate(told))
    other = replace(books, customer=one)
    await other.limit("50.00")
    return other


async def bill_plainly(books: Any) -> None:
    for n in range(1, 21):
        await books.hear(books.invoice("1.00", f"{n}.00"), first=n)


async def test_an_order_is_released_or_captured_but_no_cent_twice(books: Any) -> None:
    await books.limit("1000.00")
    asked = [await ask(books, 10_00) for _ in range(20)]

    async def bill() -> None:
        for n, one in enumerate(asked, start=1):
            await books.hear(books.invoice("10.00", f"{10 * n}.00", authorization_id=one.id), first=n)

    released, _ = await asyncio.gather(asyncio.gather(*(release(books, one.id) for one in reversed(asked))), bill())

    async def read(tx: Transaction) -> list[Authorization]:
        return [await authorizations.get(tx, one.id) for one in asked]

    for one in await books.service.database.read(books.tenant, read):
        assert {one.captured.minor + one.over_captured.minor, one.captured.minor + one.released.minor} == {10_00}
    given_back = sum(released) * 10
    [position] = (await books.position())["positions"]
    assert position["parts"]["reserved"]["amount"] == "0.00" and position["exposure"]["amount"] == "200.00"
    assert [payload["amount"]["amount"] for _, fact, payload in await books.service.told(books.tenant)
            if fact == "RiskAlertRaised"] == ["10.00"] * (given_back // 10)
    assert await books.violations() == []


async def test_a_limit_cut_and_orders_wait_for_each_other(books: Any) -> None:
    await books.limit("100.00")

    async def cut() -> None:
        async def work(tx: Transaction) -> None:
            await set_credit_limit(tx, SetCreditLimit(books.customer, "CNY", cny(30_00), None, None, "worse"))

        await books.service.database.transact(books.tenant, work)

    before, after = ([ask(books, 1_00) for _ in range(60)] for _ in range(2))
    answers = await asyncio.gather(*before, cut(), *after)
    approved = sum(answer.reserved.is_positive for answer in answers if answer is not None)
    assert 30 <= approved <= 100 and (await ask(books, 1_00)).reserved.is_zero
    assert await books.violations() == []


async def test_the_first_orders_of_a_currency_make_one_head(books: Any) -> None:
    answers = await asyncio.gather(*(ask(books, 1_00) for _ in range(20)))
    assert {answer.status.value for answer in answers} == {"denied"}
    assert len((await books.position())["positions"]) == 1 and await books.violations() == []


async def test_no_read_sees_an_order_and_its_invoice_both_or_neither(books: Any) -> None:
    await books.limit("1000.00")
    asked = await ask(books, 600_00)
    seen: set[str] = set()
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            seen.add((await books.position())["positions"][0]["exposure"]["amount"])

    async def bill() -> None:
        for n in range(1, 31):
            await books.hear(books.invoice("20.00", f"{20 * n}.00", authorization_id=asked.id), first=n)
        done.set()

    await asyncio.gather(watch(), watch(), bill())
    assert seen == {"600.00"}


async def test_who_claims_on_a_cover_while_another_claim_is_filed_waits_and_is_refused(books: Any) -> None:
    """The foreign key of the claim would let it in: it asks for nothing but that the cover stays there."""
    path = f"/credit/v1/customers/{books.customer}/covers"
    answer = await books.service.client.post(path, headers=books.headers(), json={
        "kind": "guarantee", "amount": {"amount": "10.00", "currency": "CNY"}, "share_bps": 10000,
        "valid_from": "2026-03-01", "provider": "Bank", "reference": "G-1", "reason": "given"})
    cover = UUID(answer.json()["id"])
    met = await meeting(
        books.service, books.tenant, lambda tx: file_claim(tx, FileClaim(cover, cny(600), None, "K-1")),
        lambda tx: file_claim(tx, FileClaim(cover, cny(401), None, "K-2")))
    assert met.waited
    assert (met.second.code, met.second.facts["left"]) == ("claim_above_cover", "4.00")
