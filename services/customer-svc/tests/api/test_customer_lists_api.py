"""Reading the archive: filters, order, pages, the search by any part of a name, the history."""

from typing import Any

import pytest

CUSTOMERS = "/customer/v1/customers"


async def all_pages(archive: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await archive.get(path, **query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["data"]) <= query["limit"]
        found += page["data"]
        assert page["has_more"] is (page["next_cursor"] is not None) is ("link" in answer.headers)
        if not page["has_more"]:
            return found
        query["cursor"] = page["next_cursor"]


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("number", "ABCDE"), ("-number", "EDCBA"), ("name", "BDACE"), ("-name", "ECADB"), ("registered_at", "CAEBD"),
        ("-registered_at", "DBEAC"),
    ],
)
async def test_lists_go_on_page_by_page_in_every_order(archive: Any, sort: str, numbers: str) -> None:
    for number, name in (("C", "Ibis"), ("A", "Heron"), ("E", "Ibis"), ("B", "Avocet"), ("D", "Avocet")):
        await archive.register(name, number=number)
    found = await all_pages(archive, CUSTOMERS, sort=sort, limit=2)
    got = "".join(customer["number"] for customer in found)
    if sort.lstrip("-") == "name":
        assert [c["name"] for c in found] == sorted((c["name"] for c in found), reverse=sort.startswith("-"))
        assert sorted(got) == sorted(numbers)
    else:
        assert got == numbers


async def test_lists_are_narrowed_to_exact_values(archive: Any) -> None:
    one = await archive.register(region="CN-BJ", industry="trade", external_id="X-1")
    await archive.post(f"{CUSTOMERS}/{one['id']}:activate")
    await archive.register(region="CN-BJ", industry="steel", external_id="X-2")
    await archive.register(region="CN-SH")
    for query, count in (
        ({"region": "CN-BJ"}, 2), ({"region": "CN-BJ", "industry": "steel"}, 1), ({"status": "active"}, 1),
        ({"status": "closed"}, 0), ({"external_id": "X-2"}, 1), ({"number": one["number"]}, 1), ({}, 3)):
        assert len((await archive.get(CUSTOMERS, **query)).json()["data"]) == count, query


@pytest.mark.parametrize(
    "query", [{"status": "gone"}, {"limit": "0"}, {"limit": "201"}, {"sort": "secret"}, {"region": "a\x00"}])
async def test_lists_that_are_refused(archive: Any, query: dict[str, str]) -> None:
    answer = await archive.get(CUSTOMERS, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_cursor_belongs_to_its_list_and_tenant(archive: Any, other: Any) -> None:
    for one in (archive, archive, other, other):
        await one.register()
    cursor = (await archive.get(CUSTOMERS, limit=1)).json()["next_cursor"]
    for who, query in ((archive, {"sort": "-number"}), (archive, {"region": "x"}), (other, {})):
        answer = await who.get(CUSTOMERS, cursor=cursor, **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
    assert (await archive.get(CUSTOMERS, cursor="bogus")).status_code == 422


NAMES = ("北京华为贸易有限公司", "华为(上海)", "中为华夏", "WAL-MAR corp", "Müller & Söhne",
         "ＨＵＡＷＥＩ Trading", "Mu Muller")


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("华为", {"北京华为贸易有限公司", "华为(上海)"}),
        ("为", {"北京华为贸易有限公司", "华为(上海)", "中为华夏"}), ("为华", {"中为华夏"}),
        ("mar", {"WAL-MAR corp"}), ("MULLER", {"Müller & Söhne", "Mu Muller"}), ("huawei", {"ＨＵＡＷＥＩ Trading"}),
        ("&", {"Müller & Söhne"}), ("muller mu", set()), ("京为", set()), ("%", set()), ("_", set()), ("\\", set()),
        ('"', set()), ("{", set()),
    ],
)
async def test_any_part_of_a_name_finds_it_and_nothing_else(
    archive: Any, other: Any, q: str, names: set[str]
) -> None:
    for name in NAMES:
        await archive.register(name)
        await other.register(name)
    found = await all_pages(archive, f"{CUSTOMERS}:search", q=q, limit=1)
    assert {customer["name"] for customer in found} == names
    assert len(found) == len(names)
    assert [c["number"] for c in found] == sorted(c["number"] for c in found)


async def test_names_with_the_signs_of_arrays_are_found(archive: Any) -> None:
    name = 'A "quoted", {braced} \\ NULL'
    await archive.register(name)
    for q in ('"q', ", ", "{b", " \\ ", "null"):
        assert [c["name"] for c in (await archive.get(f"{CUSTOMERS}:search", q=q)).json()["data"]] == [name]


async def test_a_new_name_is_found_and_the_old_no_more(archive: Any) -> None:
    customer = await archive.register("Heron")
    await archive.send("PATCH", f"{CUSTOMERS}/{customer['id']}", {"name": "Ibis"}, seen='"1"')
    assert len((await archive.get(f"{CUSTOMERS}:search", q="ibi")).json()["data"]) == 1
    assert (await archive.get(f"{CUSTOMERS}:search", q="her")).json()["data"] == []


@pytest.mark.parametrize(
    ("q", "code"), [("", "invalid_request"), (" ", "empty_query"), ("x" * 101, "invalid_request")])
async def test_searches_that_are_refused(archive: Any, q: str, code: str) -> None:
    answer = await archive.get(f"{CUSTOMERS}:search", q=q)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_history_says_who_changed_what(archive: Any) -> None:
    customer = await archive.register("Heron", region="CN-BJ")
    path = f"{CUSTOMERS}/{customer['id']}"
    await archive.send("PATCH", path, {"name": "Ibis", "region": None}, seen='"1"')
    await archive.send("PUT", f"{path}/terms", {"due_days": 30, "end_of_month": True}, seen='"2"')
    await archive.post(f"{path}:activate")
    contact = (await archive.post(f"{path}/contacts", {"name": "Li", "language": "zh", "purposes": ["dunning"]})).json()
    lines = await all_pages(archive, f"{path}/history", limit=3)
    assert {line["actor"] for line in lines} == {"clerk"}
    assert [(line["contact_id"], line["field"], line["before"], line["after"]) for line in reversed(lines)] == [
        (None, "status", None, "prospect"), (None, "name", "Heron", "Ibis"), (None, "region", "CN-BJ", None),
        (None, "end_of_month", "false", "true"), (None, "status", "prospect", "active"),
        (contact["id"], "name", None, "Li"), (contact["id"], "language", None, "zh"),
        (contact["id"], "purposes", None, "dunning")]
