"""Two entries become one: the source is closed and points on, its people and places go over, its number leads on."""

import asyncio
from typing import Any

import pytest

CUSTOMERS = "/customer/v1/customers"
NUMBERS = "/customer/v1/customer-numbers"


async def merge(archive: Any, source: dict[str, Any], into: dict[str, Any]) -> Any:
    return await archive.post(f"{CUSTOMERS}/{source['id']}:merge", {"into_id": into["id"]})


async def test_the_source_is_closed_and_points_on(archive: Any) -> None:
    source, into = await archive.register("Heron Trading"), await archive.register("Crane Trading")
    answer = await merge(archive, source, into)
    assert (answer.status_code, answer.json()) == (200, into)
    old = (await archive.get(f"{CUSTOMERS}/{source['id']}")).json()
    assert (old["status"], old["merged_into"], old["number"]) == ("closed", into["id"], source["number"])
    assert (await archive.get(f"{NUMBERS}/{source['number']}")).json() == into
    assert (await archive.get(f"{NUMBERS}/{into['number']}")).json() == into
    found = (await archive.get(f"{CUSTOMERS}:search", q="heron")).json()["data"]
    assert [one["id"] for one in found] == [into["id"]]
    assert len((await archive.get(f"{CUSTOMERS}:search", q="trading")).json()["data"]) == 1
    told = [(stream.rpartition(":")[2], fact) for stream, fact, _ in await archive.running.told(archive.tenant)]
    assert [fact for stream, fact in told if stream == source["id"]] == [
        "CustomerRegistered", "CustomerClosed", "CustomersMerged"]
    assert [fact for stream, fact in told if stream == into["id"]] == ["CustomerRegistered", "CustomersMerged"]
    merged = [payload for fact, payload in await archive.facts() if fact == "CustomersMerged"]
    assert {payload["customer_id"] for payload in merged} == {source["id"], into["id"]}
    assert {(payload["source_id"], payload["into_number"]) for payload in merged} == {(source["id"], into["number"])}


async def test_a_chain_of_mergers_leads_to_its_end(archive: Any) -> None:
    first, second, third = [await archive.register(name) for name in ("Heron", "Crane", "Ibis")]
    assert (await merge(archive, first, second)).status_code == 200
    assert (await merge(archive, second, third)).status_code == 200
    assert (await archive.get(f"{NUMBERS}/{first['number']}")).json() == third
    unknown = await archive.get(f"{NUMBERS}/N-9")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "customer_not_found")


async def test_people_and_places_go_over_with_what_they_decided(archive: Any) -> None:
    source, into = await archive.register("Heron"), await archive.register("Crane")
    paths = {one["id"]: f"{CUSTOMERS}/{one['id']}" for one in (source, into)}
    for one, name in ((source, "Li"), (into, "Han")):
        await archive.post(f"{paths[one['id']]}/contacts", {
            "name": name, "language": "zh", "email": "a@heron.example", "purposes": ["billing", "greeting"],
            "consents": [{"purpose": "greeting", "channel": "email"}]})
    await archive.post(f"{paths[source['id']]}/addresses", {"street": "1", "city": "北京", "country": "CN"})
    assert (await merge(archive, source, into)).status_code == 200
    people = (await archive.get(f"{paths[into['id']]}/contacts")).json()["data"]
    assert [(one["name"], one["customer_id"], one["version"]) for one in people] == [
        ("Li", into["id"], 2), ("Han", into["id"], 1)]
    assert len((await archive.get(f"{paths[into['id']]}/addresses")).json()["data"]) == 1
    assert (await archive.get(f"{paths[source['id']]}/contacts")).json()["data"] == []
    counts = {payload["customer_id"]: payload["contacts"] for fact, payload in await archive.facts()
              if fact == "CustomerContactsChanged"}
    assert counts == {source["id"]: 0, into["id"]: 2}
    assert [payload["given"] for fact, payload in await archive.facts()
            if fact == "ConsentChanged" and payload["customer_id"] == into["id"]] == [True, True]


@pytest.mark.parametrize(("case", "status", "code"), [
    ("itself", 422, "merge_with_itself"), ("kinds", 422, "merge_of_kinds"), ("closed", 409, "merge_into_closed"),
    ("again", 409, "customer_closed"), ("nobody", 404, "customer_not_found"), ("many", 422, "too_many_contacts"),
    ("places", 422, "too_many_addresses")])
async def test_mergers_that_are_refused(archive: Any, nobody: Any, case: str, status: int, code: str) -> None:
    source, into = await archive.register("Heron"), await archive.register("Crane")
    if case == "itself":
        into = source
    elif case == "kinds":
        into = await archive.register("Li", kind="person")
    elif case == "closed":
        await archive.post(f"{CUSTOMERS}/{into['id']}:close")
    elif case == "again":
        await merge(archive, source, await archive.register("Ibis"))
    elif case == "nobody":
        into = {"id": str(nobody)}
    else:
        end, body, most = ("contacts", {"name": "P", "language": "en"}, 51) if case == "many" else (
            "addresses", {"street": "1", "city": "A", "country": "CN"}, 26)
        for one in (source, into):
            for _ in range(most):
                await archive.post(f"{CUSTOMERS}/{one['id']}/{end}", body)
    answer = await merge(archive, source, into)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_of_two_mergers_in_a_circle_one_happens(archive: Any) -> None:
    first, second = await archive.register("Heron"), await archive.register("Crane")
    ended = await asyncio.gather(merge(archive, first, second), merge(archive, second, first))
    assert sorted(answer.status_code for answer in ended) == [200, 409]
    standing = {(await archive.get(f"{NUMBERS}/{one['number']}")).json()["id"] for one in (first, second)}
    assert len(standing) == 1


async def follow_ups(archive: Any) -> list[tuple[str, str]]:
    due = (await archive.get("/customer/v1/follow-ups")).json()["data"]
    return [(one["number"], one["follow_up_on"]) for one in due]


async def test_group_owner_and_what_was_said_go_over(archive: Any) -> None:
    source, into, last = [await archive.register(name) for name in ("Heron", "Crane", "Ibis")]
    group = (await archive.post("/customer/v1/groups", {"number": "G-1", "name": "Birds", "currency": "CNY"})).json()
    owner = (await archive.post("/customer/v1/staff", {"code": "S-1", "name": "Li", "language": "zh"})).json()
    for end, body in (("group", {"group_id": group["id"]}), ("owner", {"owner_id": owner["id"]})):
        seen = (await archive.get(f"{CUSTOMERS}/{source['id']}")).headers["ETag"]
        answer = await archive.send("PUT", f"{CUSTOMERS}/{source['id']}/{end}", body, seen=seen)
        assert answer.status_code == 200, answer.text
    said = {"kind": "call", "outcome": "follow_up", "follow_up_on": "2020-02-01"}
    for one, summary, hour in ((source, "first", "08"), (into, "second", "09"), (source, "third", "10")):
        answer = await archive.post(f"{CUSTOMERS}/{one['id']}/interactions", {
            **said, "summary": summary, "happened_at": f"2020-01-01T{hour}:00:00Z"})
        assert answer.status_code == 201, answer.text
    assert await follow_ups(archive) == [(into["number"], "2020-02-01"), (source["number"], "2020-02-01")]
    for one, goes_on in ((source, into), (into, last)):
        after = (await merge(archive, one, goes_on)).json()
        assert (after["group_id"], after["owner_id"], after["version"]) == (group["id"], owner["id"], 2)
        old = (await archive.get(f"{CUSTOMERS}/{one['id']}")).json()
        assert (old["group_id"], old["owner_id"]) == (None, owner["id"])
    log = (await archive.get(f"{CUSTOMERS}/{last['id']}/interactions", limit=2)).json()
    assert [one["summary"] for one in log["data"]] == ["third", "second"]
    rest = (await archive.get(f"{CUSTOMERS}/{last['id']}/interactions", limit=2, cursor=log["next_cursor"])).json()
    assert [(one["summary"], one["customer_id"]) for one in rest["data"]] == [("first", source["id"])]
    assert await follow_ups(archive) == [(last["number"], "2020-02-01")] * 2
    await archive.post(f"{CUSTOMERS}/{last['id']}/interactions", {
        "kind": "call", "outcome": "reached", "summary": "done", "happened_at": "2020-02-01T08:00:00Z"})
    assert await follow_ups(archive) == []
    told = [(fact, p["customer_id"], p.get("group_number"), p.get("owner_code")) for fact, p in await archive.facts()
            if fact in ("CustomerGroupChanged", "CustomerOwnerChanged")]
    assert told[2:] == [
        ("CustomerGroupChanged", source["id"], None, None), ("CustomerGroupChanged", into["id"], "G-1", None),
        ("CustomerOwnerChanged", into["id"], None, "S-1"), ("CustomerGroupChanged", into["id"], None, None),
        ("CustomerGroupChanged", last["id"], "G-1", None), ("CustomerOwnerChanged", last["id"], None, "S-1")]


async def test_its_own_group_and_owner_stay(archive: Any) -> None:
    both = [await archive.register(name) for name in ("Heron", "Crane")]
    for n, one in enumerate(both, 1):
        group = (await archive.post("/customer/v1/groups", {
            "number": f"G-{n}", "name": "Birds", "currency": "CNY"})).json()
        seen = (await archive.get(f"{CUSTOMERS}/{one['id']}")).headers["ETag"]
        await archive.send("PUT", f"{CUSTOMERS}/{one['id']}/group", {"group_id": group["id"]}, seen=seen)
    after = (await merge(archive, *both)).json()
    assert after == (await archive.get(f"{CUSTOMERS}/{both[1]['id']}")).json()
    assert (after["group_id"], after["version"]) == (group["id"], 2)
