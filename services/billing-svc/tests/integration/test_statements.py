"""Statements of account on the real ledger: snapshot, ties, answers with what follows, runs, and who may not."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from billing_svc.domain.statement import digest_of
from billing_svc.jobs.issue_statements import issue_statements
from billing_svc.store import statement_sources
from billing_svc.usecases.issue_statement import at_rest
from billing_svc.usecases.take_statement_slice import take_statement_slice
from dunlin_kernel.ids import new_id
from dunlin_kit.jobs import Job

JANUARY = {"period_from": "2026-01-01", "period_to": "2026-01-31"}


async def stated(company: Any) -> tuple[UUID, dict[str, Any]]:
    """Two invoices, a part payment and a prepayment; the statement of January."""
    who = await company.register()
    await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.issue(who, "500", "2026-01-05", rate="0")
    await company.pay(who, "300.00", "2026-01-05", reference="TT-1")
    await company.clock("2026-02-02")
    await company.pay(who, "40.00", "2026-02-01", allocation="none")
    return who, await company.post("/statements", {"customer_id": str(who)} | JANUARY)


def amounts(balance: dict[str, Any]) -> list[str]:
    return [balance[name]["amount"] for name in ("receivables", "unapplied", "net")]


async def test_a_statement_ties_to_ageing_and_stays_as_it_was(company: Any) -> None:
    who, made = await stated(company)
    (one,) = made["currencies"]
    assert (amounts(one["opening"]), amounts(one["closing"])) == (["0.00"] * 3, ["1200.00", "0.00", "1200.00"])
    assert [(moved["fact_kind"], amounts(moved["after"])) for moved in one["movements"]] == [
        ("invoice_issued", ["1000.00", "0.00", "1000.00"]), ("invoice_issued", ["1500.00", "0.00", "1500.00"]),
        ("payment_confirmed", ["1500.00", "300.00", "1200.00"]),
        ("credit_allocated", ["1200.00", "0.00", "1200.00"])]
    assert one["movements"][2]["reference"] == "TT-1"
    assert [(line["number"], line["open"]["amount"]) for line in one["lines"]] == [
        ("INV-000001", "700.00"), ("INV-000002", "500.00")]
    aged = await company.get(f"/ageing?as_of=2026-01-31&customer_id={who}")
    assert aged["totals"][0]["figures"]["receivables"] == one["closing"]["receivables"]
    await company.issue(who, "9", "2026-01-05", rate="0")
    again = await company.get(f"/statements/{made['id']}")
    assert again == made
    assert (again["answer"], again["agreed"]) == (None, None)
    _, told = [(fact, told) for _, fact, told in await company.running.told(company.tenant)
               if fact == "StatementIssued"][-1]
    assert (told["digest"], told["lines"], told["closing"][0]["receivables"]["amount"]) == (
        made["digest"], 2, "1200.00")


async def test_the_digest_can_be_made_again_from_what_is_kept(company: Any) -> None:
    _, made = await stated(company)

    async def look(tx: Any) -> Any:
        return await tx.driver.fetchval("SELECT snapshot FROM statement WHERE id = $1", UUID(made["id"]))

    assert digest_of(await company.running.database.read(company.tenant, look)) == made["digest"]


async def test_an_answer_disputes_what_differs_and_searches_what_is_missing(company: Any) -> None:
    who, made = await stated(company)
    first, second = made["currencies"][0]["lines"]
    answer = {"signer": "Li Na", "authority": "finance_director", "lines": [
        {"item_id": first["item_id"], "answer": "amount_differs", "amount": {"amount": "650.00", "currency": "CNY"}},
        {"item_id": second["item_id"], "answer": "unknown"}],
        "missing": [{"kind": "payment", "reference": "TT-77", "amount": {"amount": "40.00", "currency": "CNY"}}]}
    said = (await company.post(f"/statements/{made['id']}:answer", answer))["answer"]
    assert (said["agreed"], len(said["disputes"]), len(said["search_tasks"])) == (False, 2, 1)
    held = (await company.get(f"/customers/{who}/account"))["accounts"][0]
    assert held["disputed"]["amount"] == "550.00"
    again = await company.send("POST", f"/statements/{made['id']}:answer", answer)
    assert (again.status_code, again.json()["code"]) == (409, "statement_answered")
    (task,) = (await company.get("/search-tasks"))["data"]
    assert (task["reference"], task["amount"]["amount"], task["number"]) == ("TT-77", "40.00", "C-000001")
    closed = await company.post(f"/search-tasks/{task['id']}:close", {"finding": "booked on 1 February"})
    assert closed["finding"] == "booked on 1 February"
    twice = await company.send("POST", f"/search-tasks/{task['id']}:close", {"finding": "x"})
    assert (twice.status_code, twice.json()["code"]) == (409, "search_task_closed")
    assert (await company.get("/search-tasks"))["data"] == []
    checked = await company.get("/integrity")
    assert [one["id"] for one in checked["checks"] if one["violations"]] == []


async def test_agreement_is_evidence_with_signer_and_digest(company: Any) -> None:
    _, made = await stated(company)
    lines = [{"item_id": line["item_id"], "answer": "agree"} for line in made["currencies"][0]["lines"]]
    answer = {"signer": "Li Na", "authority": "finance_director", "lines": lines}
    missing_one = await company.send("POST", f"/statements/{made['id']}:answer", answer | {"lines": lines[:1]})
    assert (missing_one.status_code, missing_one.json()["code"]) == (422, "line_not_answered")
    said = await company.post(f"/statements/{made['id']}:answer", answer)
    assert (said["agreed"], said["answer"]["signer"], len(said["answer"]["digest"])) == (True, "Li Na", 64)
    _, told = [(fact, told) for _, fact, told in await company.running.told(company.tenant)
               if fact == "StatementAnswered"][-1]
    assert told["confirmed_items"] == [line["item_id"] for line in lines]


async def test_a_run_states_everybody_who_has_something_to_state(company: Any) -> None:
    first, second, _ = [await company.register(number=f"C-00000{n}") for n in (1, 2, 3)]
    await company.issue(first, "10", "2026-01-05", rate="0")
    await company.pay(second, "5.00", "2026-01-05", allocation="none")
    await company.clock("2026-02-02")
    begun = await company.send("POST", "/statement-runs", JANUARY)
    assert (begun.status_code, begun.json()["total"]) == (202, 2)
    await _work(company)
    ended = await company.get(f"/operations/{begun.json()['id']}")
    assert (ended["status"], ended["done"], ended["result"]["statements"]) == ("succeeded", 2, 2)
    listed = (await company.get("/statements?limit=1"))
    rest = await company.get(f"/statements?limit=1&cursor={listed['next_cursor']}")
    assert {one["customer_id"] for one in listed["data"] + rest["data"]} == {str(first), str(second)}


async def test_a_run_that_is_cancelled_keeps_the_statements_it_made(company: Any) -> None:
    for n in (1, 2):
        await company.issue(await company.register(number=f"C-00000{n}"), "10", "2026-01-05", rate="0")
    await company.clock("2026-02-02")
    begun = (await company.send("POST", "/statement-runs", JANUARY)).json()
    cancelling: list[asyncio.Task[Any]] = []

    async def take_one(tx: Any) -> None:
        run_id = await tx.driver.fetchval("SELECT id FROM statement_run WHERE operation_id = $1", UUID(begun["id"]))
        await take_statement_slice(tx, run_id, 1)
        cancelling.append(asyncio.create_task(company.send("POST", f"/statement-runs/{begun['id']}:cancel")))

    await company.running.database.transact(company.tenant, take_one)
    answer = await cancelling[0]
    assert (answer.status_code, answer.json()["status"], answer.json()["done"]) == (200, "failed", 1)
    await _work(company)
    ended = await company.get(f"/operations/{begun['id']}")
    assert (ended["error"]["code"], ended["result"], ended["done"]) == ("operation_cancelled", None, 1)
    assert len((await company.get("/statements"))["data"]) == 1
    for which, status, code in ((begun["id"], 409, "illegal_transition"), (new_id(), 404, "statement_run_not_found")):
        refused = await company.send("POST", f"/statement-runs/{which}:cancel")
        assert (refused.status_code, refused.json()["code"]) == (status, code)


async def _work(company: Any) -> None:
    """Do the tenant's waiting run of statements, as a worker would."""
    async def look(tx: Any) -> Any:
        return await tx.driver.fetchrow(
            "UPDATE job SET attempts = attempts + 1 WHERE kind = 'issue_statements' AND state = 'waiting' RETURNING *")

    row = await company.running.database.transact(company.tenant, look)
    job = Job(company.tenant, row["job_id"], row["kind"], row["key"], row["due_at"], row["payload"], row["attempts"])
    await issue_statements(company.running.database, job)


async def test_what_cannot_be_stated_is_refused(company: Any) -> None:
    who = await company.register()
    day = {"period_from": "2026-01-05", "period_to": "2026-01-05"}
    for body, status, code in (
        ({"customer_id": str(new_id())} | day, 409, "customer_not_known_yet"),
        ({"customer_id": str(who)} | JANUARY, 422, "period_in_future"),
        ({"customer_id": str(who), "period_from": "2026-01-05", "period_to": "2026-01-04"}, 422, "period_reversed")):
        answer = await company.send("POST", "/statements", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await company.send("GET", f"/statements/{new_id()}")).json()["code"] == "statement_not_found"
    nothing = await company.send("POST", f"/search-tasks/{new_id()}:close", {"finding": "x"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "search_task_not_found")


async def test_statements_and_postings_at_once_tie(company: Any) -> None:
    who = await company.register()
    period = {"customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"}
    answers = await asyncio.gather(
        *(company.send("POST", "/statements", period) for _ in range(5)),
        *(company.pay(who, "3.00", "2026-01-05", allocation="none") for _ in range(8)))
    closings = [answer.json()["closing"] for answer in answers[:5]]
    assert all(answer.status_code == 201 for answer in answers[:5])
    assert {int(float(one[0]["unapplied"]["amount"])) % 3 for one in closings if one} <= {0}


async def test_a_statement_holds_up_no_posting_and_tells_of_none_that_came_after_its_moment(company: Any) -> None:
    who, newcomer = await company.register(), await company.register(number="C-000002")
    await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.pay(who, "300.00", "2026-01-05")

    async def look(tx: Any) -> None:
        async def read() -> list[Any]:
            return [await statement_sources.of_customer(tx, one, date(2026, 1, 1), date(2026, 1, 5), moment)
                    for one in (who, newcomer)]

        _, moment = await at_rest(tx, [who, newcomer])
        before = await read()
        await company.pay(who, "200.00", "2026-01-05")
        await company.issue(who, "50", "2026-01-05", rate="0")
        await company.pay(newcomer, "7.00", "2026-01-05", allocation="none")
        assert await read() == before
        assert (len(before[0]), before[1]) == (1, [])
        _, later = await at_rest(tx, [who, newcomer])
        assert (later.known_at, later.entries[newcomer]) == (moment.known_at, {"CNY": 1})
        assert later.entries[who]["CNY"] > moment.entries[who]["CNY"]

    await company.running.database.transact(company.tenant, look)
