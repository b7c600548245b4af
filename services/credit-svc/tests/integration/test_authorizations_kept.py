"""Authorisations over their life: story 11 through use cases, consumer and jobs; every answer can be replayed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from credit_svc.domain.decision import DecisionInputs, decide
from credit_svc.jobs import expire_authorization
from credit_svc.store import decisions
from dunlin_events.contracts.billing import CreditAllocated, PaymentConfirmed
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import work_off
from dunlin_kit.transaction import Transaction


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def account(opened: str, unapplied: str = "0.00") -> dict[str, Any]:
    return {"open": cny(opened), "disputed": cny("0.00"), "unapplied": cny(unapplied)}


async def run_jobs(books: Any) -> int:
    return await work_off(books.service, books.tenant, {expire_authorization.KIND: expire_authorization.run})


async def row(books: Any) -> tuple[str, ...]:
    """open, reserved, exposure, available"""
    [found] = (await books.position())["positions"]
    return (found["parts"]["open"]["amount"], found["parts"]["reserved"]["amount"], found["exposure"]["amount"],
            found["available"]["amount"])


async def get(books: Any, authorization_id: str) -> dict[str, Any]:
    answer = await books.service.client.get(f"/credit/v1/authorizations/{authorization_id}", headers=books.headers())
    assert answer.status_code == 200
    return dict(answer.json())


async def test_story_11_order_capture_pay_expire(books: Any) -> None:
    await books.limit("50000.00")
    await books.hear(books.invoice("12000.00", "12000.00"))
    first = await books.ask("30000.00")
    assert first["decision"] == "approved" and await row(books) == ("12000.00", "30000.00", "42000.00", "8000.00")
    second = await books.ask("8000.01", reference="SO-2")
    assert (second["decision"], second["reasons"]) == ("denied", ["over_limit"])
    assert await row(books) == ("12000.00", "30000.00", "42000.00", "8000.00")

    invoice = books.invoice("16950.00", "28950.00", authorization_id=first["id"])
    await books.hear(invoice, first=2)
    assert await row(books) == ("28950.00", "13050.00", "42000.00", "8000.00")
    await books.hear(books.invoice("14125.00", "43075.00", authorization_id=first["id"], final=True), first=3)
    assert await row(books) == ("43075.00", "0.00", "43075.00", "6925.00")
    ended = await get(books, first["id"])
    assert (ended["status"], ended["captured"], ended["over_captured"]) == ("captured", cny("30000.00"), cny("1075.00"))

    paid = PaymentConfirmed.model_validate(dict(PaymentConfirmed.examples[0]) | {
        "customer_id": books.customer, "amount": cny("16950.00"), "account": account("43075.00", "16950.00")})
    part = CreditAllocated.model_validate(dict(CreditAllocated.examples[0]) | {
        "customer_id": books.customer, "amount": cny("16950.00"), "account": account("26125.00")})
    await books.hear(paid, part, first=4)
    assert await row(books) == ("26125.00", "0.00", "26125.00", "23875.00")

    third = await books.ask("5000.00", reference="SO-3", expires_in_days=1)
    assert await row(books) == ("26125.00", "5000.00", "31125.00", "18875.00")
    await books.service.move_clock(books.tenant, datetime(2026, 3, 2, 2, tzinfo=UTC))
    assert await run_jobs(books) == 1
    assert await row(books) == ("26125.00", "0.00", "26125.00", "23875.00")
    assert (await get(books, third["id"]))["status"] == "expired"
    assert await books.told() == [
        "CreditLimitChanged", "CreditAuthorized", "AuthorizationDenied", "AuthorizationCaptured",
        "AuthorizationCaptured", "RiskAlertRaised", "CreditAuthorized", "AuthorizationExpired"]
    assert await books.violations() == []


async def test_the_final_invoice_gives_the_rest_back(books: Any) -> None:
    await books.limit("1000.00")
    asked = await books.ask("600.00")
    await books.hear(books.invoice("450.00", "450.00", authorization_id=asked["id"], final=True))
    assert await row(books) == ("450.00", "0.00", "450.00", "550.00")
    told = await books.service.told(books.tenant)
    assert [(fact, payload["amount"]["amount"]) for _, fact, payload in told[2:]] == [
        ("AuthorizationCaptured", "450.00"), ("AuthorizationReleased", "150.00")]
    assert told[-1][2]["cause"] == "final_invoice"
    assert await books.violations() == []


async def test_a_batch_captures_twice_and_tells_of_each(books: Any) -> None:
    await books.limit("1000.00")
    asked = await books.ask("600.00")
    await books.hear(
        books.invoice("200.00", "200.00", authorization_id=asked["id"]), books.invoice("50.00", "250.00"),
        books.invoice("300.00", "550.00", authorization_id=asked["id"]))
    assert await row(books) == ("550.00", "100.00", "650.00", "350.00")
    captured = [payload["reserved_left"]["amount"] for _, fact, payload in await books.service.told(books.tenant)
                if fact == "AuthorizationCaptured"]
    assert captured == ["400.00", "100.00"] and await books.violations() == []


async def test_what_expires_after_it_was_released_or_billed_stays_as_it_is(books: Any) -> None:
    await books.limit("1000.00")
    released, billed = await books.ask("100.00", expires_in_days=1), await books.ask("200.00", expires_in_days=1)
    answer = await books.service.client.post(
        f"/credit/v1/authorizations/{released['id']}:release", headers=books.headers())
    assert answer.json()["status"] == "released"
    await books.hear(books.invoice("200.00", "200.00", authorization_id=billed["id"]))
    await books.service.move_clock(books.tenant, datetime(2026, 3, 9, 2, tzinfo=UTC))
    assert await run_jobs(books) == 2
    assert "AuthorizationExpired" not in await books.told()
    assert await row(books) == ("200.00", "0.00", "200.00", "800.00") and await books.violations() == []


async def test_an_expired_one_is_still_captured_and_alarms(books: Any) -> None:
    await books.limit("1000.00")
    asked = await books.ask("100.00", expires_in_days=1)
    await books.service.move_clock(books.tenant, datetime(2026, 3, 9, 2, tzinfo=UTC))
    await run_jobs(books)
    await books.hear(books.invoice("100.00", "100.00", authorization_id=asked["id"], final=True))
    late = await get(books, asked["id"])
    assert (late["status"], late["expired"], late["over_captured"]) == ("expired", cny("100.00"), cny("100.00"))
    assert (await books.told())[-1] == "RiskAlertRaised" and await books.violations() == []


async def test_every_answer_is_replayed_from_its_stored_inputs(books: Any) -> None:
    answers = [await books.ask("1.00")]
    await books.limit("100.00", valid_until="2026-03-31")
    await books.hear(books.invoice("40.00", "40.00"))
    answers += [await books.ask("50.00"), await books.ask("10.01"), await books.ask("10.00")]
    assert [answer["decision"] for answer in answers] == ["denied", "approved", "denied", "approved"]

    async def read(tx: Transaction) -> list[decisions.StoredDecision]:
        return [await decisions.get(tx, UUID(answer["id"])) for answer in answers]

    for stored, answer in zip(await books.service.database.read(books.tenant, read), answers, strict=True):
        assert isinstance(stored.inputs, DecisionInputs)
        replayed = decide(stored.inputs)
        assert (replayed.approved, replayed.reasons) == (stored.approved, stored.reasons)
        assert (await get(books, answer["id"]))["explanation"] == answer["explanation"]
    seen = answers[2]["explanation"]
    assert (seen["available"], seen["exposure"]) == (cny("10.00"), cny("90.00"))
    assert seen["parts"]["reserved"] == cny("50.00")
    assert seen["positions"] == [{"owner": "billing", "sequence": 1}, {"owner": "customer", "sequence": 1}]


async def test_a_policy_weighs_what_is_disputed_and_a_decision_keeps_its_version(books: Any) -> None:
    await books.limit("100.00")
    disputed = {"open": cny("80.00"), "disputed": cny("60.00"), "unapplied": cny("0.00")}
    await books.hear(books.invoice("80.00", "80.00", account=disputed))
    before = await books.ask("20.01")
    policy = {"disputed_weight_bps": 5000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
              "authorization_days": 7}
    adopted = await books.service.client.post("/credit/v1/policies", json=policy, headers=books.headers())
    assert (adopted.status_code, adopted.json()["version"]) == (201, 2)
    after = await books.ask("50.00")
    assert (before["decision"], after["decision"]) == ("denied", "approved")
    assert after["explanation"]["available"] == cny("50.00") and after["expires_at"].startswith("2026-03-08")
    assert (await get(books, before["id"]))["explanation"]["policy"]["version"] == 1
    found = (await books.violations())
    assert [check["id"] for check in found] == ["I8"], "the dispute was never told as a fact of its own"


async def test_an_own_id_is_taken_once(books: Any) -> None:
    await books.limit("100.00")
    own = str(new_id())
    assert (await books.ask("1.00", id=own))["id"] == own
    body = {"customer_id": str(books.customer), "amount": cny("1.00"), "reference": "SO-1", "id": own}
    answer = await books.service.client.post("/credit/v1/authorizations", json=body, headers=books.headers())
    assert (answer.status_code, answer.json()["code"]) == (409, "authorization_exists")
