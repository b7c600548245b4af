"""Covers on real PostgreSQL: they count at once, end by their date, wait for a second person, and replay."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from dunlin_kernel.ids import new_id

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
NUMBERS = {"disputed_weight_bps": 10000, "delivered_weight_bps": 10000, "over_capture_tolerance_bps": 500,
           "authorization_days": 30, "reason": "as decided"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def call(books: Any, method: str, path: str, body: Any = None, *, by: str | None = None) -> Any:
    headers = books.headers() if by is None else books.service.headers(
        books.tenant, "credit:read", "credit:write", subject=by, key="")
    return await books.service.client.request(method, f"/credit/v1{path}", json=body, headers=headers)


async def cover(books: Any, **more: Any) -> Any:
    body = {"kind": "insurance", "amount": cny("500.00"), "share_bps": 9000, "retention": cny("50.00"),
            "valid_from": "2026-03-01", "provider": "Sinosure", "reference": "P-1", "reason": "export"} | more
    return await call(books, "POST", f"/customers/{books.customer}/covers", body)


async def available(books: Any) -> tuple[str, str | None]:
    [position] = (await books.position())["positions"]
    covered = position["limit"]["covered"]
    [listed] = (await call(books, "GET", "/positions")).json()["data"]
    assert listed["available"] == position["available"]
    return position["available"]["amount"], covered and covered["amount"]


async def test_it_counts_at_once_is_explained_and_ends(books: Any) -> None:
    await books.limit("100.00")
    made = await cover(books)
    assert (made.status_code, made.json()["counts"], made.json()["state"]) == (201, cny("400.00"), "standing")
    assert await available(books) == ("500.00", "400.00")
    approved = await books.ask("450.00")
    assert approved["decision"] == "approved"
    said = approved["explanation"]
    assert said["covers"] == [{"cover_id": made.json()["id"], "kind": "insurance", "counts": cny("400.00")}]
    assert (said["limit"]["amount"], said["limit"]["covered"]) == (cny("500.00"), cny("400.00"))
    gone = await call(books, "POST", f"/covers/{made.json()['id']}:end", {"reason": "insurer withdrew"})
    assert (gone.status_code, gone.json()["state"]) == (200, "ended")
    assert await available(books) == ("-350.00", "0.00")
    again = await call(books, "POST", f"/covers/{made.json()['id']}:end", {"reason": "twice"})
    assert (again.status_code, again.json()["code"]) == (409, "cover_ended")
    replayed = (await call(books, "GET", "/decisions/replay")).json()
    assert (replayed["replayed"], replayed["differing"]) == (1, [])
    told = [said["state"] for _, fact, said in await books.service.told(books.tenant) if fact == "CoverChanged"]
    assert told == ["standing", "ended"] and await books.violations() == []
    listed = (await call(books, "GET", f"/covers?customer_id={books.customer}&state=ended")).json()["data"]
    assert [(one["number"], one["end_reason"]) for one in listed] == [("C-000001", "insurer withdrew")]
    assert (await call(books, "GET", "/covers?state=standing&ends_by=2026-12-31")).json()["data"] == []


async def test_inside_its_dates_only(books: Any) -> None:
    await books.limit("100.00")
    await cover(books, valid_until="2026-03-02", kind="deposit")
    await cover(books, valid_from="2026-03-03", valid_until=None, kind="guarantee", retention=None)
    assert await available(books) == ("500.00", "400.00")
    await books.service.move_clock(books.tenant, NOW + timedelta(days=1))
    assert await available(books) == ("500.00", "400.00")
    await books.service.move_clock(books.tenant, NOW + timedelta(days=2))
    assert await available(books) == ("550.00", "450.00")
    assert await books.violations() == []


async def test_the_policy_switches_a_kind_off_and_a_dry_run_says_whom_that_blocks(books: Any) -> None:
    await books.limit("0.00")
    await cover(books)
    body = NUMBERS | {"cover_kinds": ["guarantee", "deposit"]}
    tried = (await call(books, "POST", "/policies:dry-run", body)).json()
    assert (tried["blocked"], tried["freed"]) == (1, 0)
    adopted = await call(books, "POST", "/policies", body)
    assert sorted(adopted.json()["cover_kinds"]) == ["deposit", "guarantee"]
    assert await available(books) == ("0.00", "0.00")
    assert (await books.ask("1.00"))["reasons"] == ["no_credit"]
    kept = await call(books, "POST", "/policies", NUMBERS)
    assert sorted(kept.json()["cover_kinds"]) == ["deposit", "guarantee"]


async def test_a_large_one_takes_two_persons(books: Any) -> None:
    await books.limit("100.00")
    await call(books, "POST", "/policies", NUMBERS | {"overrides": {"second_person_above": [cny("399.99")]}})
    made = await cover(books)
    assert (made.json()["state"], await available(books)) == ("waiting", ("100.00", "0.00"))
    path = f"/covers/{made.json()['id']}:approve"
    alone = await call(books, "POST", path)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    signed = await asyncio.gather(*(call(books, "POST", path, by="second") for _ in range(3)))
    assert sorted(one.status_code for one in signed) == [200, 409, 409]
    assert await available(books) == ("500.00", "400.00")
    other = await cover(books)
    await call(books, "POST", f"/covers/{other.json()['id']}:end", {"reason": "not needed"})
    assert [fact for fact in await books.told() if fact == "CoverChanged"] == ["CoverChanged"]
    assert await books.violations() == []
    missing = await call(books, "POST", f"/covers/{new_id()}:end", {"reason": "none"})
    assert (missing.status_code, missing.json()["code"]) == (404, "cover_not_found")


async def test_a_limit_that_cover_made_holds_when_the_cover_is_gone(books: Any) -> None:
    await books.limit("100.00")
    holds = {"overdue_grace_days": None, "limit_exceeded_bps": 0, "broken_promise_days": None}
    await call(books, "POST", "/policies", NUMBERS | {"holds": holds})
    made = await cover(books)
    await books.hear(books.invoice("300.00", "300.00"))
    assert (await books.ask("1.00"))["decision"] == "approved"
    await call(books, "POST", f"/covers/{made.json()['id']}:end", {"reason": "insurer withdrew"})
    denied = await books.ask("1.00")
    assert denied["explanation"]["holds"][0]["rule"] == "limit_exceeded"
    await cover(books)
    assert (await books.ask("1.00"))["decision"] == "approved" and await books.violations() == []


async def test_a_cover_ends_and_orders_wait_for_each_other(books: Any) -> None:
    await books.limit("0.00")
    made = (await cover(books, amount=cny("60.00"), share_bps=10000, retention=None)).json()
    before, after = ([books.ask("1.00") for _ in range(40)] for _ in range(2))
    end = call(books, "POST", f"/covers/{made['id']}:end", {"reason": "race"})
    answers = await asyncio.gather(*before, end, *after)
    approved = sum(one["decision"] == "approved" for one in answers if isinstance(one, dict))
    assert 0 <= approved <= 60 and (await books.ask("1.00"))["decision"] == "denied"
    assert await books.violations() == []


async def test_what_is_paid_on_a_claim_counts_no_more(books: Any) -> None:
    await books.limit("100.00")
    made = (await cover(books)).json()
    path = f"/covers/{made['id']}/claims"
    filed = await call(books, "POST", path, {"amount": cny("300.00"), "reference": "S-1"})
    assert (filed.status_code, filed.json()["state"], filed.json()["number"]) == (201, "filed", "C-000001")
    assert await available(books) == ("500.00", "400.00")
    above = await call(books, "POST", path, {"amount": cny("100.01"), "reference": "S-2"})
    assert (above.status_code, above.json()["code"], above.json()["facts"]["left"]) == (
        422, "claim_above_cover", "100.00")
    answers = await asyncio.gather(*(call(
        books, "POST", f"/claims/{filed.json()['id']}:settle", {"paid": cny("250.00"), "note": "less costs"},
    ) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await available(books) == ("250.00", "150.00")
    second = (await call(books, "POST", path, {"amount": cny("150.00"), "reference": "S-3"})).json()
    refused = (await call(books, "POST", f"/claims/{second['id']}:settle", {"paid": cny("0.00")})).json()
    assert (refused["state"], refused["settled_by"]) == ("refused", "clerk")
    listed = (await call(books, "GET", f"/claims?customer_id={books.customer}&state=settled")).json()["data"]
    assert [(one["paid"], one["note"], one["provider"]) for one in listed] == [
        (cny("250.00"), "less costs", "Sinosure")]
    [used] = (await call(books, "GET", "/covers")).json()["data"]
    assert (used["used"], used["counts"]) == (cny("250.00"), cny("150.00"))
    told = [(fact, said.get("counts") or said["amount"], said.get("outcome"))
            for _, fact, said in await books.service.told(books.tenant) if fact.startswith(("Claim", "Cover"))]
    assert told == [
        ("CoverChanged", cny("400.00"), None), ("ClaimFiled", cny("300.00"), None),
        ("ClaimSettled", cny("300.00"), "settled"), ("CoverChanged", cny("150.00"), None),
        ("ClaimFiled", cny("150.00"), None), ("ClaimSettled", cny("150.00"), "refused")]
    unknown = await call(books, "POST", f"/claims/{made['id']}:settle", {"paid": cny("0.00")})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "claim_not_found")
    assert await books.violations() == []
