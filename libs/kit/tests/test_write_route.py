"""The write route: commit first, one effect per key, refusals that leave nothing."""

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest
from toy_service import count_notes

from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running

URL = "/toy/v1/notes"
WRITE = ("notes:write",)


async def _post(toy: Running, tenant: Any, body: Any, *, key: str | None = "", query: str = "") -> httpx.Response:
    return await toy.client.post(URL + query, json=body, headers=toy.headers(tenant, *WRITE, key=key))


async def test_a_repeated_key_repeats_the_first_answer_byte_for_byte(toy: Running) -> None:
    tenant = new_id()
    first = await _post(toy, tenant, {"text": "a", "size": 1}, key="k")
    again = await toy.client.post(URL, content=b'{ "size": 1, "text": "a" }',
                                  headers={**toy.headers(tenant, *WRITE, key="k"), "content-type": "application/json"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    for name in ("etag", "location", "dunlin-position"):
        assert again.headers[name] == first.headers[name]
    assert await count_notes(toy, tenant) == 1
    assert len(await toy.told(tenant)) == 1


async def test_one_key_sent_fifty_times_at_once_has_one_effect(toy: Running) -> None:
    tenant = new_id()
    for n in range(5):
        answers = await asyncio.gather(*(_post(toy, tenant, {"text": f"twin {n}"}, key=f"k{n}") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
    assert await count_notes(toy, tenant) == 5
    assert len(await toy.told(tenant)) == 5


async def test_a_repeated_key_gets_its_answer_where_the_work_is_refused_by_now(toy: Running) -> None:
    tenant = new_id()
    first, again = [await _post(toy, tenant, {"text": "first"}, key="k") for _ in range(2)]
    assert (again.status_code, again.content, again.headers["Idempotency-Replayed"]) == (201, first.content, "true")
    other = await _post(toy, tenant, {"text": "first"}, key="l")
    assert (other.status_code, other.json()["code"]) == (422, "too_rude")
    mixed = await _post(toy, tenant, {"text": "rude"}, key="k")
    assert (mixed.status_code, mixed.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_same_key_with_another_body_is_refused(toy: Running) -> None:
    tenant = new_id()
    await _post(toy, tenant, {"text": "a"}, key="k")
    other = await _post(toy, tenant, {"text": "b"}, key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_what_is_waited_for_does_not_make_it_another_request(toy: Running) -> None:
    tenant = new_id()
    before = await _post(toy, tenant, {"text": "a"})
    position = before.headers["dunlin-position"]
    first = await _post(toy, tenant, {"text": "b"}, key="k", query=f"?min_position={position}")
    assert first.status_code == 201
    for query in ("", f"?min%5Fposition={position}", f"?min_position={first.headers['dunlin-position']}"):
        again = await _post(toy, tenant, {"text": "b"}, key="k", query=query)
        assert (again.status_code, again.content) == (201, first.content), query
    dry = await _post(toy, tenant, {"text": "b"}, key="k", query="?validate_only=false")
    assert (dry.status_code, dry.json()["code"]) == (422, "idempotency_key_reused")


async def test_another_tenant_has_its_own_keys(toy: Running) -> None:
    mine, theirs = new_id(), new_id()
    assert (await _post(toy, mine, {"text": "a"}, key="k")).status_code == 201
    other = await _post(toy, theirs, {"text": "b"}, key="k")
    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other.headers


async def test_a_post_without_a_key_is_refused(toy: Running) -> None:
    answer = await _post(toy, new_id(), {"text": "a"}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_refusal_stores_neither_effect_nor_answer(toy: Running) -> None:
    tenant = new_id()
    refused = await _post(toy, tenant, {"text": "rude"}, key="k")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_rude")
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await _post(toy, tenant, {"text": "polite"}, key="k")).status_code == 201


async def test_a_dry_run_makes_the_checks_and_changes_nothing(toy: Running) -> None:
    tenant = new_id()
    dry = await _post(toy, tenant, {"text": "a"}, key="k", query="?validate_only=true")
    assert (dry.status_code, dry.json()["text"]) == (201, "a")
    assert "dunlin-position" not in dry.headers
    assert (await _post(toy, tenant, {"text": "rude"}, query="?validate_only=true")).status_code == 422
    assert await count_notes(toy, tenant) == 0
    assert await toy.told(tenant) == []


@pytest.mark.parametrize("said", ["true", "True", "TRUE", "1", "yes", "on", "t", "y"])
async def test_every_word_for_true_is_a_dry_run(toy: Running, said: str) -> None:
    tenant = new_id()
    assert (await _post(toy, tenant, {"text": "a"}, query=f"?validate_only={said}")).status_code == 201
    assert (await count_notes(toy, tenant), await toy.told(tenant)) == (0, [])


@pytest.mark.parametrize("said", ["", "maybe", "2", "null"])
async def test_what_is_no_truth_value_is_refused_and_changes_nothing(toy: Running, said: str) -> None:
    tenant = new_id()
    answer = await _post(toy, tenant, {"text": "a"}, query=f"?validate_only={said}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert await count_notes(toy, tenant) == 0


@pytest.mark.parametrize("said", ["false", "0", "no", "off"])
async def test_every_word_for_false_is_meant(toy: Running, said: str) -> None:
    tenant = new_id()
    assert (await _post(toy, tenant, {"text": "a"}, query=f"?validate_only={said}")).status_code == 201
    assert await count_notes(toy, tenant) == 1


@pytest.mark.parametrize(("content", "status"), [
    (b"[" * 5000, 422), (b'{"a":' * 5000, 422), (b'{"text": "a\\u0000b"}', 422), (b'{"te\\u0000xt": "a"}', 422),
    (b'{"text": "\\ud800"}', 422), (b"\xff", 422), (b"", 422)])
async def test_odd_bodies_are_refused(toy: Running, content: bytes, status: int) -> None:
    headers = toy.headers(new_id(), *WRITE) | {"content-type": "application/json"}
    answer = await toy.client.post(URL, content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


async def test_a_backslash_before_u0000_is_a_text_like_any_other(toy: Running) -> None:
    answer = await _post(toy, new_id(), {"text": "\\u0000"})
    assert (answer.status_code, answer.json()["text"]) == (201, "\\u0000")


@pytest.mark.parametrize("query", ["prefix=%00", "min_position=toy/%00:/1", "limit=1&%00=1", "cursor=%00"])
async def test_a_nul_in_the_address_is_refused(toy: Running, query: str) -> None:
    answer = await toy.client.get(f"{URL}?{query}", headers=toy.headers(new_id(), "notes:read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_no_answer_leaves_before_its_commit(toy: Running, admin: asyncpg.Connection) -> None:
    """A deferred trigger delays the commit by half a second: nothing is answered, and nothing seen, before."""
    await admin.execute("""
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.text = 'slow') EXECUTE FUNCTION slow()""")
    tenant = new_id()
    try:
        posting = asyncio.create_task(_post(toy, tenant, {"text": "slow"}))
        await asyncio.sleep(0.3)
        assert not posting.done()
        assert await admin.fetchval("SELECT count(*) FROM note WHERE tenant_id = $1", tenant) == 0
        assert (await posting).status_code == 201
        assert await admin.fetchval("SELECT count(*) FROM note WHERE tenant_id = $1", tenant) == 1
    finally:
        await admin.execute("DROP TRIGGER slow ON note; DROP FUNCTION slow()")


async def test_the_position_can_be_waited_for(toy: Running) -> None:
    tenant = new_id()
    position = (await _post(toy, tenant, {"text": "a"})).headers["dunlin-position"]
    owner, stream, sequence = position.split("/")
    assert (owner, stream.split(":")[0], sequence) == ("toy", str(tenant), "1")
    headers = toy.headers(tenant, "notes:read")
    assert (await toy.client.get(f"{URL}?min_position={position}", headers=headers)).status_code == 200
    ahead = await toy.client.get(f"{URL}?min_position={owner}/{stream}/2", headers=headers)
    assert (ahead.status_code, ahead.json()["code"], ahead.headers["retry-after"]) == (409, "position_not_reached", "1")
    foreign = await toy.client.get(f"{URL}?min_position={owner}/{new_id()}:/1", headers=headers)
    assert (foreign.status_code, foreign.json()["code"]) == (422, "position_malformed")


@pytest.mark.parametrize(("headers", "status", "code"), [
    ({}, 428, "if_match_missing"), ({"If-Match": '"8"'}, 412, "etag_mismatch"),
    ({"If-Match": "7"}, 412, "etag_mismatch"), ({"If-Match": 'W/"7"'}, 412, "etag_mismatch"),
    ({"If-Match": "*"}, 428, "if_match_missing"), ({"If-Match": '"7", "8"'}, 428, "if_match_missing"),
    ({"If-Match": '"7"'}, 200, None)])
async def test_a_change_needs_the_version_that_was_read(
    toy: Running, headers: dict[str, str], status: int, code: str | None
) -> None:
    tenant = new_id()
    note = (await _post(toy, tenant, {"text": "a", "size": 7})).json()
    answer = await toy.client.patch(f"{URL}/{note['id']}", json={"text": "b"},
                                    headers=toy.headers(tenant, *WRITE, key=None) | headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_a_bad_body_is_refused_without_an_echo(toy: Running) -> None:
    answer = await _post(toy, new_id(), {"text": "", "size": "secret-value"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert {error["pointer"] for error in problem["errors"]} == {"/body/text", "/body/size"}
    assert "secret-value" not in answer.text


async def test_a_body_too_large_is_refused(toy: Running) -> None:
    answer = await toy.client.post(URL, content=b"x" * (8 * 1024 * 1024 + 1), headers=toy.headers(new_id(), *WRITE))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_pages_follow_each_other_and_a_cursor_serves_only_its_own_list(toy: Running) -> None:
    tenant = new_id()
    for text in "dacb":
        await _post(toy, tenant, {"text": text})
    headers, seen, url = toy.headers(tenant, "notes:read"), [], f"{URL}?limit=3"
    first = (await toy.client.get(url, headers=headers)).json()
    assert first["has_more"] is True
    while url:
        answer = await toy.client.get(url, headers=headers)
        seen += [note["text"] for note in answer.json()["data"]]
        url = answer.headers["link"].split(">")[0][1:] if "link" in answer.headers else ""
    assert seen == ["a", "b", "c", "d"]
    cursor = first["next_cursor"]
    for stolen in (f"{URL}?prefix=x&cursor={cursor}", f"{URL}?cursor={cursor[:-2]}AA", f"{URL}?cursor=%20%C3%A9"):
        answer = await toy.client.get(stolen, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
    stranger = await toy.client.get(f"{URL}?limit=3&cursor={cursor}", headers=toy.headers(new_id(), "notes:read"))
    assert stranger.json()["code"] == "cursor_invalid"


async def test_unknown_paths_and_methods_are_problems_too(toy: Running) -> None:
    missing = await toy.client.get("/toy/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_path")
    wrong = await toy.client.delete(URL)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"


async def test_correlation_runs_from_the_request_into_the_facts(toy: Running, admin: asyncpg.Connection) -> None:
    tenant = new_id()
    headers = toy.headers(tenant, *WRITE) | {"X-Correlation-Id": "order-42"}
    answer = await toy.client.post(URL, json={"text": "a"}, headers=headers)
    assert answer.headers["x-correlation-id"] == "order-42"
    stored = await admin.fetchval("SELECT headers FROM outbox_event WHERE stream LIKE $1", f"{tenant}:%")
    said = json.loads(stored)
    assert (said["ce_correlationid"], said["ce_causationid"]) == ("order-42", answer.headers["x-request-id"])


async def test_a_parameter_that_is_not_known_is_refused_by_its_name_and_nothing_happens(toy: Running) -> None:
    tenant = new_id()
    refused = await _post(toy, tenant, {"text": "a"}, query="?validate_onyl=true&min_position=&again=1&again=2")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/query/validate_onyl", "/query/again"]
    assert await count_notes(toy, tenant) == 0
    listed = await toy.client.get(URL + "?prefx=a", headers=toy.headers(tenant, "notes:read"))
    assert [one["pointer"] for one in listed.json()["errors"]] == ["/query/prefx"]
