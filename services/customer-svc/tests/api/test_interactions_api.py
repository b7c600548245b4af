"""The log of interactions and the export over HTTP."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

CUSTOMERS = "/customer/v1/customers"
CALL = {"kind": "call", "happened_at": "2026-03-01T02:00:00Z", "summary": "Nobody there", "outcome": "not_reached"}


@pytest.fixture
async def sandbox(service: Any, archive: Any) -> Any:
    return type(archive)(service, await service.tenant(at=datetime(2026, 3, 16, 2, tzinfo=UTC)))


async def test_what_was_said_is_logged_and_a_visit_told(sandbox: Any) -> None:
    path = f"{CUSTOMERS}/{(await sandbox.register())['id']}"
    visit = CALL | {"kind": "visit", "happened_at": "2026-03-02T17:00:00Z", "outcome": "follow_up",
                    "follow_up_on": "2026-03-16", "willingness": "unable", "difficulties": "Secret: lost a buyer"}
    entries = [(await sandbox.post(f"{path}/interactions", body)) for body in (CALL, visit)]
    assert [answer.status_code for answer in entries] == [201, 201]
    first = (await sandbox.get(f"{path}/interactions", limit=1)).json()
    assert (first["data"], first["has_more"]) == ([entries[1].json()], True)
    second = (await sandbox.get(f"{path}/interactions", limit=1, cursor=first["next_cursor"])).json()
    assert (second["data"], second["has_more"]) == ([entries[0].json()], False)
    told = [payload for fact, payload in await sandbox.facts() if fact == "VisitRecorded"]
    assert [(said["visited_on"], said["willingness"], said["follow_up_on"]) for said in told] == [
        ("2026-03-03", "unable", "2026-03-16")]
    assert "Secret" not in str(await sandbox.facts())


async def test_what_is_to_be_followed_up_is_due_until_something_is_done(sandbox: Any) -> None:
    follow_up = CALL | {"outcome": "follow_up"}
    ids = []
    for day, name in (("2026-03-16", "Heron"), ("2026-03-10", "Crane"), ("2026-03-17", "Ibis")):
        ids.append((await sandbox.register(name))["id"])
        await sandbox.post(f"{CUSTOMERS}/{ids[-1]}/interactions", follow_up | {"follow_up_on": day})
    first = (await sandbox.get("/customer/v1/follow-ups", limit=1)).json()
    rest = (await sandbox.get("/customer/v1/follow-ups", cursor=first["next_cursor"], limit=1)).json()
    assert [(row["name"], row["follow_up_on"]) for row in first["data"] + rest["data"]] == [
        ("Crane", "2026-03-10"), ("Heron", "2026-03-16")]
    await sandbox.post(f"{CUSTOMERS}/{ids[1]}/interactions", CALL | {
        "happened_at": "2026-03-12T02:00:00Z", "outcome": "agreed"})
    left = (await sandbox.get("/customer/v1/follow-ups")).json()["data"]
    assert [row["name"] for row in left] == ["Heron"]
    member = (await sandbox.post("/customer/v1/staff", {"code": "S-1", "name": "Li", "language": "zh"})).json()
    assert (await sandbox.get("/customer/v1/follow-ups", owner_id=member["id"])).json()["data"] == []
    await sandbox.send("PUT", f"{CUSTOMERS}/{ids[0]}/owner", {"owner_id": member["id"]}, seen='"1"')
    own = (await sandbox.get("/customer/v1/follow-ups", owner_id=member["id"])).json()["data"]
    assert [(row["name"], row["owner_id"], row["owner_code"]) for row in own] == [("Heron", member["id"], "S-1")]


async def test_a_deputy_is_shown_the_follow_ups_of_whoever_is_away(sandbox: Any) -> None:
    han = (await sandbox.post("/customer/v1/staff", {"code": "S-2", "name": "Han", "language": "en"})).json()
    li = (await sandbox.post("/customer/v1/staff", {
        "code": "S-1", "name": "Li", "language": "zh", "deputy_id": han["id"]})).json()
    for name, one in (("Heron", li), ("Crane", han), ("Ibis", None)):
        customer = await sandbox.register(name)
        await sandbox.post(f"{CUSTOMERS}/{customer['id']}/interactions", CALL | {
            "outcome": "follow_up", "follow_up_on": "2026-03-16"})
        if one:
            await sandbox.send("PUT", f"{CUSTOMERS}/{customer['id']}/owner", {"owner_id": one["id"]}, seen='"1"')

    async def shown(owner: str, subject: str) -> list[tuple[str, str | None]]:
        headers = sandbox.running.headers(sandbox.tenant, *sandbox.scopes, key=None, subject=subject)
        answer = await sandbox.running.client.get(f"/customer/v1/follow-ups?owner={owner}", headers=headers)
        return [(row["name"], row["standing_in_for"]) for row in answer.json()["data"]]

    assert await shown("me", "S-2") == [("Crane", None)]
    await sandbox.post(f"/customer/v1/staff/{li['id']}/absences", {"from_on": "2026-03-16", "until_on": "2026-03-16"})
    assert await shown("me", "S-2") == [("Heron", "S-1"), ("Crane", None)]
    assert (await shown("me", "S-1"), await shown("S-1", "S-2")) == ([("Heron", None)],) * 2


@pytest.mark.parametrize(("wrong", "status", "code"), [
    ({"happened_at": "2026-03-17T02:00:00Z"}, 422, "interaction_in_the_future"),
    ({"willingness": "willing"}, 422, "bad_interaction"), ({"kind": "fax"}, 422, "invalid_request"),
    ({"contact_id": "01970000-0000-7000-8000-000000000001"}, 404, "contact_not_found")])
async def test_entries_that_are_refused(sandbox: Any, wrong: dict[str, Any], status: int, code: str) -> None:
    path = f"{CUSTOMERS}/{(await sandbox.register())['id']}/interactions"
    answer = await sandbox.post(path, CALL | wrong)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_archive_is_given_as_a_file(archive: Any) -> None:
    group = (await archive.post("/customer/v1/groups", {"number": "G-1", "name": "A", "currency": "CNY"})).json()
    member = (await archive.post("/customer/v1/staff", {"code": "S-1", "name": "Li", "language": "zh"})).json()
    first = await archive.register("=Heron, 北京", tags=["a", "b"], region="CN-BJ")
    path = f"{CUSTOMERS}/{first['id']}"
    await archive.send("PUT", f"{path}/group", {"group_id": group["id"]}, seen='"1"')
    await archive.send("PUT", f"{path}/owner", {"owner_id": member["id"]}, seen='"2"')
    await archive.send("PUT", f"{path}/classes", {"dimension": "importance", "value": "vip"})
    await archive.register("Crane")
    answer = await archive.get(f"{CUSTOMERS}:export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [(row["number"], row["name"]) for row in rows] == [("C-000001", "'=Heron, 北京"), ("C-000002", "Crane")]
    held = {"tags": "a; b", "group": "G-1", "owner": "S-1", "importance": "vip", "due_days": "30", "region": "CN-BJ"}
    assert held.items() <= rows[0].items()
    narrowed = await archive.get(f"{CUSTOMERS}:export", region="CN-SH")
    assert len(narrowed.text.splitlines()) == 1
