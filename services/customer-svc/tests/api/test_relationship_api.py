"""Groups, owners, addresses and consent over HTTP: kept, told, refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

BASE = "/customer/v1"
CUSTOMERS = f"{BASE}/customers"
STAFF = f"{BASE}/staff"
LI = {"code": "S-1", "name": "Secret Li", "language": "zh", "email": "li@dunlin.example"}


async def made(archive: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await archive.post(path, body)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_a_customer_is_in_one_group_at_most(archive: Any) -> None:
    first, second = [await made(archive, f"{BASE}/groups", {"number": n, "name": "华为集团", "currency": "CNY"})
                     for n in ("G-1", "G-2")]
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    for seen, group in ((1, first["id"]), (2, second["id"]), (3, None)):
        answer = await archive.send("PUT", f"{path}/group", {"group_id": group}, seen=f'"{seen}"')
        assert (answer.status_code, answer.json()["group_id"]) == (200, group)
        for one in (first, second):
            members = (await archive.get(CUSTOMERS, group_id=one["id"])).json()["data"]
            assert len(members) == (one["id"] == group)
    told = [(said["group_id"], said["group_number"]) for fact, said in await archive.facts()
            if fact == "CustomerGroupChanged"]
    assert told == [(first["id"], "G-1"), (second["id"], "G-2"), (None, None)]
    lines = [line for line in (await archive.get(f"{path}/history")).json()["data"] if line["field"] == "group_id"]
    assert [(line["before"], line["after"]) for line in lines] == [
        (second["id"], None), (first["id"], second["id"]), (None, first["id"])]


async def test_a_group_is_told_in_the_tenants_own_stream(archive: Any) -> None:
    group = await made(archive, f"{BASE}/groups", {"number": "G-1", "name": "Heron", "currency": "CNY"})
    path = f"{BASE}/groups/{group['id']}"
    changed = await archive.send("PATCH", path, {"set_off": True, "currency": "EUR"}, seen='"1"')
    assert (changed.json()["set_off"], changed.headers["etag"]) == (True, '"2"')
    assert (await archive.get(path)).json() == changed.json()
    assert (await archive.send("PATCH", path, {"name": "X"}, seen='"1"')).status_code == 412
    told = [(stream, said["currency"], said["set_off"], said["version"])
            for stream, fact, said in await archive.running.told(archive.tenant) if fact == "GroupConfigured"]
    assert told == [(f"{archive.tenant}:", "CNY", False, 1), (f"{archive.tenant}:", "EUR", True, 2)]
    assert [g["number"] for g in (await archive.get(f"{BASE}/groups")).json()["data"]] == ["G-1"]


@pytest.mark.parametrize(("path", "body", "status", "code"), [
    ("groups", {"number": "G-1", "name": "B", "currency": "CNY"}, 409, "group_number_taken"),
    ("groups", {"number": "G 1", "name": "B", "currency": "CNY"}, 422, "bad_customer_number"),
    ("groups", {"number": "G-2", "name": "B", "currency": "XXX"}, 422, "unknown_currency"),
    ("staff", LI, 409, "staff_code_taken"),
    ("staff", LI | {"code": "S-2", "deputy_id": "01970000-0000-7000-8000-000000000001"}, 404, "staff_not_found"),
    ("staff", LI | {"code": "S-2", "email": "li@"}, 422, "bad_email"),
])
async def test_what_is_refused(archive: Any, path: str, body: dict[str, Any], status: int, code: str) -> None:
    await made(archive, f"{BASE}/groups", {"number": "G-1", "name": "A", "currency": "CNY"})
    await made(archive, STAFF, LI)
    answer = await archive.post(f"{BASE}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_is_not_there_is_not_found_in_the_relationship(archive: Any, nobody: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    for method, end, body, code in (
        ("PUT", "/group", {"group_id": str(nobody)}, "group_not_found"),
        ("PUT", "/owner", {"owner_id": str(nobody)}, "staff_not_found"),
        ("PATCH", f"/addresses/{nobody}", {"city": "X"}, "address_not_found"),
        ("DELETE", f"/addresses/{nobody}", None, "address_not_found"),
        ("POST", f"/contacts/{nobody}/consents", {"purpose": None, "channel": "sms", "given": False},
         "contact_not_found"),
    ):
        answer = await archive.send(method, f"{path}{end}", body, seen='"1"')
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert (await archive.get(f"{STAFF}/{nobody}")).json()["code"] == "staff_not_found"
    assert (await archive.get(f"{BASE}/groups/{nobody}")).json()["code"] == "group_not_found"


async def test_the_deputy_acts_on_the_days_of_an_absence(service: Any, archive: Any) -> None:
    sandbox = type(archive)(service, await service.tenant(at=datetime(2026, 3, 2, 2, tzinfo=UTC)))
    deputy = await made(sandbox, STAFF, LI | {"code": "S-2", "name": "Han"})
    owner = await made(sandbox, STAFF, LI | {"deputy_id": deputy["id"]})
    path = f"{CUSTOMERS}/{(await sandbox.register())['id']}"
    nobody = (await sandbox.get(f"{path}/owner")).json()
    assert (nobody["owner"], nobody["acting"], nobody["on"]) == (None, None, "2026-03-02")
    owned = await sandbox.send("PUT", f"{path}/owner", {"owner_id": owner["id"]}, seen='"1"')
    assert owned.json()["owner_id"] == owner["id"]
    absence = await made(sandbox, f"{STAFF}/{owner['id']}/absences", {
        "from_on": "2026-03-02", "until_on": "2026-03-03"})
    assert (await sandbox.get(f"{STAFF}/{owner['id']}/absences")).json()["data"] == [absence]
    said = (await sandbox.get(f"{path}/owner")).json()
    assert (said["owner"]["code"], said["acting"]["code"]) == ("S-1", "S-2")
    ended = await sandbox.send("DELETE", f"{STAFF}/{owner['id']}/absences/{absence['id']}")
    assert ended.status_code == 204
    assert (await sandbox.get(f"{path}/owner")).json()["acting"]["code"] == "S-1"
    again = await sandbox.send("DELETE", f"{STAFF}/{owner['id']}/absences/{absence['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "absence_not_found")
    gone = await sandbox.send("PATCH", f"{STAFF}/{owner['id']}", {"active": False}, seen='"1"')
    assert gone.json()["active"] is False
    assert (await sandbox.get(f"{path}/owner")).json()["acting"]["code"] == "S-2"
    away = [{"from_on": "2026-03-02", "until_on": "2026-03-03"}]
    told = [(stream, said["code"], said["deputy_id"], said["active"], said["absences"])
            for stream, fact, said in await sandbox.running.told(sandbox.tenant) if fact == "StaffConfigured"]
    assert told == [(f"{sandbox.tenant}:", *one) for one in (
        ("S-2", None, True, []), *(("S-1", deputy["id"], active, days) for active, days in (
            (True, []), (True, away), (True, []), (False, []))))]
    facts = [said for fact, said in await sandbox.facts() if fact == "CustomerOwnerChanged"]
    assert [(said["owner_id"], said["owner_code"]) for said in facts] == [(owner["id"], "S-1")]
    assert "Secret" not in str(await sandbox.facts())
    owned_by_li = (await sandbox.get(CUSTOMERS, owner_id=owner["id"])).json()["data"]
    assert [customer["id"] for customer in owned_by_li] == [owned.json()["id"]]


async def test_many_customers_are_given_to_one_at_once(archive: Any, nobody: Any) -> None:
    li, han = [await made(archive, STAFF, LI | {"code": code}) for code in ("S-1", "S-2")]
    ids = [(await archive.register(f"Heron {n}"))["id"] for n in range(4)]
    await archive.send("PUT", f"{CUSTOMERS}/{ids[1]}/owner", {"owner_id": li["id"]}, seen='"1"')
    await archive.post(f"{CUSTOMERS}/{ids[3]}:close")
    asked = {"customer_ids": [*reversed(ids), ids[0], str(nobody)], "owner_id": li["id"]}
    answer = await archive.post(f"{CUSTOMERS}:assign", asked)
    assert (answer.status_code, answer.json()) == (200, {
        "given": [ids[0], ids[2]], "unchanged": [ids[1]], "closed": [ids[3]], "unknown": [str(nobody)]})
    handed = await archive.post(f"{CUSTOMERS}:assign", {"customer_ids": ids[:2], "owner_id": han["id"]})
    assert handed.json()["given"] == ids[:2]
    told = [(said["customer_id"], said["owner_code"]) for fact, said in await archive.facts()
            if fact == "CustomerOwnerChanged"]
    assert sorted(told) == sorted([
        (ids[1], "S-1"), (ids[0], "S-1"), (ids[2], "S-1"), (ids[0], "S-2"), (ids[1], "S-2")])
    assert [(await archive.get(f"{CUSTOMERS}/{one}")).json()["version"] for one in ids] == [3, 3, 2, 2]
    for body, status, code in (({"customer_ids": ids, "owner_id": str(nobody)}, 404, "staff_not_found"),
                               ({"customer_ids": [], "owner_id": None}, 422, "invalid_request")):
        refused = await archive.post(f"{CUSTOMERS}:assign", body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_an_address_comes_changes_and_goes(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    body = {"purposes": ["legal_service", "billing"], "street": "海淀区1号", "city": "北京", "country": "CN"}
    address = await made(archive, f"{path}/addresses", body)
    assert (address["purposes"], address["recipient"], address["version"]) == (["billing", "legal_service"], None, 1)
    one = f"{path}/addresses/{address['id']}"
    changed = await archive.send("PATCH", one, {"purposes": ["billing"], "postal_code": "100080"}, seen='"1"')
    assert (changed.json(), changed.headers["etag"]) == (
        address | {"purposes": ["billing"], "postal_code": "100080", "version": 2}, '"2"')
    assert (await archive.get(one)).json() == changed.json()
    assert (await archive.get(f"{path}/addressing", purpose="dunning")).json()["address"] == changed.json()
    assert (await archive.send("DELETE", one, seen='"1"')).status_code == 412
    assert (await archive.send("DELETE", one, seen='"2"')).status_code == 204
    assert (await archive.get(f"{path}/addresses")).json()["data"] == []
    lines = (await archive.get(f"{path}/history")).json()["data"]
    assert {line["address_id"] for line in lines} == {address["id"], None}
    assert ("postal_code", None, "100080") in {(line["field"], line["before"], line["after"]) for line in lines}
    assert [fact for fact, _ in await archive.facts()] == ["CustomerRegistered"]


async def test_a_customer_has_up_to_fifty_addresses(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}/addresses"
    for _ in range(50):
        await made(archive, path, {"street": "1", "city": "A", "country": "CN"})
    full = await archive.post(path, {"street": "1", "city": "A", "country": "CN"})
    assert (full.status_code, full.json()["code"]) == (422, "too_many_addresses")
    wrong = await archive.post(path, {"street": "a\tb", "city": "A", "country": "CN"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_address")


async def test_who_opts_out_is_not_reached_from_that_moment(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    person = await made(archive, f"{path}/contacts", {
        "name": "Li", "language": "zh", "email": "li@heron.example", "phone": "+86 10 5555", "purposes": ["dunning"],
        "consents": [{"purpose": "greeting", "channel": "email"}]})
    consents = f"{path}/contacts/{person['id']}/consents"

    async def reached(channel: str) -> str | None:
        answer = await archive.get(f"{path}/addressing", purpose="dunning", channel=channel)
        name: str | None = answer.json()["contact_name"]
        return name

    assert [await reached(channel) for channel in ("email", "sms")] == ["Li", "Li"]
    shut = await archive.post(consents, {"purpose": None, "channel": "email", "given": False})
    assert (shut.status_code, shut.json()["opted_out"], shut.json()["version"]) == (200, ["email"], 2)
    assert [await reached(channel) for channel in ("email", "sms")] == [None, "Li"]
    await archive.post(consents, {"purpose": "greeting", "channel": "email", "given": False})
    again = await archive.post(consents, {"purpose": "greeting", "channel": "email", "given": False})
    assert (again.json()["consents"], again.json()["version"]) == ([], 3)
    told = [(said["purpose"], said["channel"], said["given"])
            for fact, said in await archive.facts() if fact == "ConsentChanged"]
    assert told == [("greeting", "email", True), (None, "email", False), ("greeting", "email", False)]
    lines = (await archive.get(f"{path}/history")).json()["data"]
    assert ("opted_out", None, "email") in {(line["field"], line["before"], line["after"]) for line in lines}


async def test_what_was_changed_since_it_was_read_is_not_overwritten(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    group = await made(archive, f"{BASE}/groups", {"number": "G-1", "name": "A", "currency": "CNY"})
    first, second = [await made(archive, STAFF, LI | {"code": code}) for code in ("S-1", "S-2")]
    address = await made(archive, f"{path}/addresses", {"street": "1", "city": "A", "country": "CN"})
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", f"{path}/group", {"group_id": group["id"]}), ("PUT", f"{path}/owner", {"owner_id": first["id"]}),
        ("PATCH", f"{STAFF}/{first['id']}", {"deputy_id": second["id"]}),
        ("PATCH", f"{path}/addresses/{address['id']}", {"city": "B"}),
        ("PATCH", f"{BASE}/groups/{group['id']}", {"name": "B"})]
    for method, where, body in changes:
        stale = await archive.send(method, where, body, seen='"9"')
        assert (stale.status_code, stale.json()["code"]) == (412, "etag_mismatch")
    for method, where, body in changes[2:]:
        for seen, version in (("1", 2), ("2", 2)):
            answer = await archive.send(method, where, body, seen=f'"{seen}"')
            assert (answer.status_code, answer.json()["version"]) == (200, version), "saying the same counts nothing"
    assert [one["code"] for one in (await archive.get(STAFF)).json()["data"]] == ["S-1", "S-2"]
    unknown = await archive.send("PATCH", f"{STAFF}/{second['id']}", {"deputy_id": group["id"]}, seen='"1"')
    assert (unknown.status_code, unknown.json()["code"]) == (404, "staff_not_found")
