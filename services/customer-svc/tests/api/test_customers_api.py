"""Customers over HTTP: registered, changed, activated, suspended; each refusal; other tenants see nothing."""

from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

CUSTOMERS = "/customer/v1/customers"
TERMS = {"due_days": 30, "end_of_month": False, "instalments": [], "discount": None, "prepayment_bps": 0,
         "cash_on_delivery": False}


async def test_a_customer_is_registered_with_the_next_number(archive: Any) -> None:
    answer = await archive.post(CUSTOMERS, {"kind": "organization", "name": " 北京华为贸易 ", "terms": TERMS})
    customer = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"{CUSTOMERS}/{customer['id']}"
    assert answer.headers["dunlin-position"] == f"customer/{archive.tenant}:{customer['id']}/1"
    expected = {"number": "C-000001", "status": "prospect", "name": "北京华为贸易", "version": 1, "terms": TERMS,
                "tax_id": None, "external_id": None}
    assert expected.items() <= customer.items()
    assert (await archive.register())["number"] == "C-000002"
    found = await archive.get(f"{CUSTOMERS}/{customer['id']}")
    assert (found.json() | {"alike": []}, found.headers["etag"]) == (customer, '"1"')


async def test_what_the_client_brings_is_kept(archive: Any) -> None:
    brought = {"id": str(new_id()), "number": "A/7", "external_id": "X 1", "tax_id": "91110", "region": "CN-BJ",
               "industry": "trade", "source": "trade fair", "tags": ["key", "重点"], "metadata": {"erp": "7:1"}}
    assert brought.items() <= (await archive.register(**brought)).items()


async def test_the_series_jumps_over_given_numbers_of_its_form(archive: Any) -> None:
    await archive.register(number="C-000041")
    assert (await archive.register())["number"] == "C-000042"
    await archive.register(number="C-000007")
    assert (await archive.register())["number"] == "C-000043"


@pytest.mark.parametrize(
    ("again", "code"),
    [({"id": "same"}, "id_taken"), ({"number": "N-1"}, "number_taken"), ({"external_id": "X-1"}, "external_id_taken")])
async def test_what_is_taken_is_refused(archive: Any, again: dict[str, str], code: str) -> None:
    first = await archive.register(number="N-1", external_id="X-1")
    answer = await archive.post(CUSTOMERS, {
        "kind": "person", "name": "Li", "terms": TERMS, **again, **({"id": first["id"]} if "id" in again else {})})
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert len((await archive.get(CUSTOMERS)).json()["data"]) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "invalid_request"), ({"name": "x" * 201}, "invalid_request"), ({"name": "a\nb"}, "bad_name"),
        ({"name": None}, "invalid_request"), ({"kind": "robot"}, "invalid_request"), ({"region": "a\tb"}, "bad_code"),
        ({"number": "N 1"}, "bad_customer_number"),
        ({"terms": {"due_days": -1, "end_of_month": False}}, "invalid_request"),
        ({"terms": {"due_days": 1.5, "end_of_month": False}}, "invalid_request"), ({"extra": 1}, "invalid_request"),
        ({"name": "a\x00b"}, "invalid_request"), ({"id": "7"}, "invalid_request"),
    ],
)
async def test_registrations_that_are_refused(archive: Any, wrong: dict[str, Any], code: str) -> None:
    answer = await archive.post(CUSTOMERS, {"kind": "organization", "name": "Heron", "terms": TERMS, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_lone_surrogate_is_no_text(archive: Any) -> None:
    body = b'{"kind": "organization", "name": "\\ud800", "terms": {"due_days": 30, "end_of_month": false}}'
    headers = archive.running.headers(archive.tenant, *archive.scopes) | {"Content-Type": "application/json"}
    answer = await archive.running.client.post(CUSTOMERS, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_repeated_key_registers_once(archive: Any) -> None:
    body = {"kind": "organization", "name": "Heron", "terms": TERMS}
    first = await archive.post(CUSTOMERS, body, key="once")
    again = await archive.post(CUSTOMERS, body, key="once")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    other_body = await archive.post(CUSTOMERS, {**body, "name": "Ibis"}, key="once")
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    missing = await archive.post(CUSTOMERS, body, key=None)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    assert [fact for fact, _ in await archive.facts()] == ["CustomerRegistered"]


async def test_a_change_leaves_what_is_left_out_and_clears_what_is_null(archive: Any) -> None:
    customer = await archive.register(region="CN-BJ", tax_id="T")
    path = f"{CUSTOMERS}/{customer['id']}"
    answer = await archive.send("PATCH", path, {"name": "华为", "region": None}, seen='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert answer.json() == {**customer, "name": "华为", "region": None, "version": 2}
    same = await archive.send("PATCH", path, {"name": "华为"}, seen='"2"')
    assert (same.status_code, same.json()["version"]) == (200, 2)
    assert [fact for fact, _ in await archive.facts()] == ["CustomerRegistered", "CustomerUpdated"]
    assert (await archive.facts())[1][1]["name"] == "华为"


@pytest.mark.parametrize(
    ("body", "seen", "status", "code"),
    [
        ({"name": "A"}, None, 428, "if_match_missing"), ({"name": "A"}, '"7"', 412, "etag_mismatch"),
        ({"name": "A"}, "*", 428, "if_match_missing"), ({"name": None}, '"1"', 422, "invalid_request"),
        ({"status": "active"}, '"1"', 422, "invalid_request"), ({"industry": ""}, '"1"', 422, "invalid_request"),
        ({"external_id": "TAKEN"}, '"1"', 409, "external_id_taken"),
    ],
)
async def test_changes_that_are_refused(
    archive: Any, body: dict[str, Any], seen: str | None, status: int, code: str
) -> None:
    await archive.register(external_id="TAKEN")
    customer = await archive.register()
    answer = await archive.send("PATCH", f"{CUSTOMERS}/{customer['id']}", body, seen=seen)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await archive.get(f"{CUSTOMERS}/{customer['id']}")).json() == customer


async def test_new_terms_are_told(archive: Any) -> None:
    customer = await archive.register()
    terms = TERMS | {"due_days": 15, "end_of_month": True}
    answer = await archive.send("PUT", f"{CUSTOMERS}/{customer['id']}/terms", terms, seen='"1"')
    assert (answer.status_code, answer.json()["terms"]) == (200, terms)
    fact, payload = (await archive.facts())[-1]
    assert (fact, payload["terms"]) == ("CustomerTermsChanged", terms)
    stale = await archive.send("PUT", f"{CUSTOMERS}/{customer['id']}/terms", terms, seen='"1"')
    assert stale.status_code == 412
    missing = await archive.send("PUT", f"{CUSTOMERS}/{customer['id']}/terms", terms)
    assert missing.status_code == 428


async def test_the_relationship_goes_its_way(archive: Any) -> None:
    path = f"{CUSTOMERS}/{(await archive.register())['id']}"
    refused = await archive.post(f"{path}:suspend")
    assert (refused.status_code, refused.json()["code"], refused.json()["facts"]) == (
        409, "illegal_transition", {"status": "prospect"})
    assert (await archive.post(f"{path}:activate")).json()["status"] == "active"
    assert (await archive.post(f"{path}:activate")).status_code == 409
    assert (await archive.post(f"{path}:suspend")).json()["status"] == "suspended"
    answer = await archive.post(f"{path}:activate")
    assert (answer.json()["status"], answer.headers["etag"]) == ("active", '"4"')
    assert [fact for fact, _ in await archive.facts()] == [
        "CustomerRegistered", "CustomerActivated", "CustomerSuspended", "CustomerActivated"]


async def test_a_persons_name_does_not_travel(archive: Any) -> None:
    await archive.register("李雷", kind="person", tax_id="11010119900101", external_id="P-1")
    [(_, payload)] = await archive.facts()
    assert payload["name"] is None and payload["tax_id"] is None
    assert payload["external_id"] == "P-1"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None), ("PATCH", "", {"name": "A"}), ("PUT", "/terms", TERMS), ("POST", ":activate", None),
        ("POST", ":suspend", None), ("GET", "/history", None), ("GET", "/contacts", None),
        ("POST", "/contacts", {"name": "Li", "language": "zh"}), ("GET", "/addressing?purpose=dunning", None),
    ],
)
async def test_what_is_not_there_is_not_found(
    archive: Any, other: Any, nobody: UUID, method: str, path: str, body: Any
) -> None:
    others = (await other.register())["id"]
    for customer in (nobody, others):
        answer = await archive.send(method, f"{CUSTOMERS}/{customer}{path}", body, seen='"1"')
        assert (answer.status_code, answer.json()["code"]) == (404, "customer_not_found")


async def test_the_same_number_and_key_serve_two_tenants(archive: Any, other: Any) -> None:
    body = {"kind": "organization", "name": "Heron", "terms": TERMS, "number": "N-1", "external_id": "X-1"}
    first, second = [await one.post(CUSTOMERS, body, key="same") for one in (archive, other)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert [c["id"] for c in (await archive.get(CUSTOMERS)).json()["data"]] == [first.json()["id"]]


@pytest.mark.parametrize("method_and_path", [
    ("POST", CUSTOMERS), ("GET", CUSTOMERS), ("GET", f"{CUSTOMERS}:search?q=a"), ("POST", f"{CUSTOMERS}:import"),
    ("PATCH", "one"), ("PUT", "one/terms"), ("POST", "one:activate"), ("POST", "one:suspend"), ("GET", "one"),
    ("GET", "one/history"), ("GET", "one/contacts"), ("POST", "one/contacts"),
    ("GET", "one/addressing?purpose=billing"),
    ("GET", "/customer/v1/tenant"), ("POST", "/customer/v1/test-clock:advance"),
])
async def test_nothing_without_a_token_or_the_scope(archive: Any, method_and_path: tuple[str, str]) -> None:
    method, path = method_and_path
    path = path.replace("one", f"{CUSTOMERS}/{new_id()}") if path.startswith("one") else path
    client = archive.running.client
    without = await client.request(method, path, headers={"Idempotency-Key": "k"}, json={})
    assert (without.status_code, without.json()["code"]) == (401, "unauthenticated")
    wrong = await client.request(
        method, path, json={}, headers=archive.running.headers(archive.tenant, "invoices:write") | {"If-Match": '"1"'})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "forbidden")
    operator = await client.request(
        method, path, json={}, headers=archive.running.headers(None, *archive.scopes) | {"If-Match": '"1"'})
    assert (operator.status_code, operator.json()["code"]) == (403, "tenant_required")


async def test_who_may_be_entered_already_is_named_and_nothing_is_refused(archive: Any) -> None:
    async def alike(name: str) -> list[dict[str, Any]]:
        made = await archive.post(CUSTOMERS, {"kind": "organization", "name": name, "tax_id": "91", "terms": TERMS})
        assert made.status_code == 201
        found: list[dict[str, Any]] = made.json()["alike"]
        return found

    assert await alike("Kite Ltd") == []
    [first] = await alike("ＫＩＴＥ  ltd")
    assert (first["number"], first["name"], first["same"]) == ("C-000001", "Kite Ltd", ["name", "tax_id"])
    await archive.post(f"{CUSTOMERS}/{first['id']}:close")
    assert [(one["number"], one["same"]) for one in await alike("Kite")] == [("C-000002", ["tax_id"])]
