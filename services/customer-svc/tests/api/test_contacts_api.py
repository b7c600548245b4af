"""Contacts over HTTP, and whom a sender is told to write to."""

from typing import Any
from uuid import UUID

import pytest

from dunlin_kernel.ids import new_id

CUSTOMERS = "/customer/v1/customers"
LI = {"name": "李雷", "language": "zh", "email": "li@heron.example", "purposes": ["dunning", "billing"]}


@pytest.fixture
async def customer(archive: Any) -> str:
    return f"{CUSTOMERS}/{(await archive.register('Heron'))['id']}"


async def test_a_contact_comes_changes_and_goes(archive: Any, customer: str) -> None:
    added = await archive.post(f"{customer}/contacts", {
        **LI, "phone": "+86 10 5555 0100", "role": "CFO", "zone": "Asia/Shanghai",
        "consents": [{"purpose": "greeting", "channel": "email"}]})
    contact = added.json()
    assert (added.status_code, added.headers["etag"]) == (201, '"1"')
    path = added.headers["location"]
    assert path == f"{customer}/contacts/{contact['id']}"
    assert contact["purposes"] == ["billing", "dunning"]
    assert (await archive.get(path)).json() == contact
    changed = await archive.send("PATCH", path, {"email": None, "purposes": ["billing"], "consents": []}, seen='"1"')
    assert changed.json() == {**contact, "email": None, "purposes": ["billing"], "consents": [], "version": 2}
    assert (await archive.get(f"{customer}/contacts")).json() == {"data": [changed.json()]}
    gone = await archive.send("DELETE", path, seen='"2"')
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await archive.get(path)).json()["code"] == "contact_not_found"
    told = [payload for fact, payload in await archive.facts() if fact == "CustomerContactsChanged"]
    assert [(one["contacts"], one["purposes"]) for one in told] == [
        (1, ["billing", "dunning"]), (1, ["billing"]), (0, [])]


async def test_no_person_is_in_any_fact(archive: Any, customer: str) -> None:
    await archive.post(f"{customer}/contacts", {**LI, "phone": "+86 10 5555 0100"})
    told = str(await archive.facts())
    assert not [part for part in ("李雷", "heron.example", "5555") if part in told]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "invalid_request"), ({"name": "a\nb"}, "bad_contact_name"), ({"email": "nobody"}, "bad_email"),
        ({"email": "a@b\nBcc: c@d"}, "bad_email"), ({"phone": "call me"}, "bad_phone"),
        ({"zone": "Mars"}, "unknown_zone"),
        ({"language": "fr"}, "invalid_request"), ({"purposes": ["spam"]}, "invalid_request"),
        ({"role": "a\tb"}, "bad_role"),
    ],
)
async def test_contacts_that_are_refused(archive: Any, customer: str, wrong: dict[str, Any], code: str) -> None:
    answer = await archive.post(f"{customer}/contacts", {**LI, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await archive.get(f"{customer}/contacts")).json() == {"data": []}


async def test_a_contacts_id_is_used_once(archive: Any, customer: str) -> None:
    body = {**LI, "id": str(new_id())}
    assert (await archive.post(f"{customer}/contacts", body)).json()["id"] == body["id"]
    again = await archive.post(f"{customer}/contacts", body)
    assert (again.status_code, again.json()["code"]) == (409, "id_taken")


async def test_changes_of_contacts_that_are_refused(archive: Any, customer: str, nobody: UUID) -> None:
    path = (await archive.post(f"{customer}/contacts", LI)).headers["location"]
    for method, body in (("PATCH", {"role": "CFO"}), ("DELETE", None)):
        for seen, status in ((None, 428), ('"9"', 412), ('W/"1"', 412)):
            assert (await archive.send(method, path, body, seen=seen)).status_code == status
        missing = await archive.send(method, f"{customer}/contacts/{nobody}", body, seen='"1"')
        assert (missing.status_code, missing.json()["code"]) == (404, "contact_not_found")
    assert (await archive.send("PATCH", path, {"name": None}, seen='"1"')).status_code == 422
    same = await archive.send("PATCH", path, {"email": LI["email"]}, seen='"1"')
    assert (same.status_code, same.json()["version"]) == (200, 1)


async def test_a_contact_is_reached_through_its_own_customer_only(archive: Any, customer: str) -> None:
    path = (await archive.post(f"{customer}/contacts", LI)).headers["location"]
    stranger = (await archive.register())["id"]
    assert (await archive.get(f"{CUSTOMERS}/{stranger}/contacts/{path.rsplit('/', 1)[1]}")).status_code == 404


async def test_a_sender_asks_whom_to_write_to(archive: Any, customer: str) -> None:
    nobody = (await archive.get(f"{customer}/addressing", purpose="dunning")).json()
    assert nobody == {
        "customer_id": customer.rsplit("/", 1)[1], "number": "C-000001", "name": "Heron", "status": "prospect",
        "contact_id": None, "contact_name": None, "language": None, "email": None,
        "phone": None, "address": None, "zone": "Asia/Shanghai"}
    billing = (await archive.post(f"{customer}/contacts", {**LI, "purposes": ["billing"]})).json()
    fallen_back = (await archive.get(f"{customer}/addressing", purpose="dunning")).json()
    assert (fallen_back["contact_id"], fallen_back["email"]) == (billing["id"], "li@heron.example")
    han = {"name": "Han", "language": "en", "email": "han@heron.example", "purposes": ["dunning"],
           "zone": "Europe/Berlin"}
    dunning = (await archive.post(f"{customer}/contacts", han)).json()
    told = (await archive.get(f"{customer}/addressing", purpose="dunning")).json()
    assert {"contact_id": dunning["id"], "contact_name": "Han", "language": "en", "email": "han@heron.example",
            "zone": "Europe/Berlin"}.items() <= told.items()
    assert (await archive.get(f"{customer}/addressing", purpose="greeting")).json()["email"] is None
    assert (await archive.get(f"{customer}/addressing", purpose="spam")).status_code == 422
    assert (await archive.get(f"{customer}/addressing")).status_code == 422


async def test_a_service_asks_for_a_tenant_that_it_names(archive: Any, other: Any, customer: str) -> None:
    headers = archive.running.headers(None, "contacts:read", "tenants:act", key=None, subject="notify-svc")
    client, path = archive.running.client, f"{customer}/addressing?purpose=dunning"
    named = await client.get(path, headers={**headers, "Dunlin-Tenant": str(archive.tenant)})
    assert (named.status_code, named.json()["name"]) == (200, "Heron")
    wrong = await client.get(path, headers={**headers, "Dunlin-Tenant": str(other.tenant)})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "customer_not_found")
    assert (await client.get(path, headers=headers)).json()["code"] == "tenant_required"
    plain = archive.running.headers(None, "contacts:read", key=None)
    refused = await client.get(path, headers={**plain, "Dunlin-Tenant": str(archive.tenant)})
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant_not_allowed")


async def test_a_sender_asks_for_many_at_once(archive: Any, customer: str) -> None:
    await archive.post(f"{customer}/contacts", LI)
    other = f"{CUSTOMERS}/{(await archive.register())['id']}"
    ids = [path.rsplit("/", 1)[1] for path in (customer, other)]
    each = [(await archive.get(f"{path}/addressing", purpose="dunning")).json() for path in (customer, other)]
    told = (await archive.get(f"{CUSTOMERS}:addressing", purpose="dunning", customer_id=[*ids, str(new_id())])).json()
    assert sorted(told["data"], key=lambda one: ids.index(one["customer_id"])) == each
    too_many = [str(new_id()) for _ in range(101)]
    assert (await archive.get(f"{CUSTOMERS}:addressing", purpose="dunning", customer_id=too_many)).status_code == 422
