"""Lists stay quick as tables grow: no list route reads a grown table from end to end, whatever it is narrowed to.

Every table that a list reads is filled, statistics are taken, and each statement that the route itself sends is
explained as the role of requests, under row-level security, with the plan that it would get.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from filled_tables import fill, loosened
from structlog.testing import capture_logs

from dunlin_kit.statements import compiled
from dunlin_kit.testing import Running, running
from dunlin_kit.transaction import Transaction
from dunlin_local.databases import SERVICES
from dunlin_local.documents import committed

DOCUMENTS = committed()
FEW, MANY, READ_AT_ONCE = 20, 8_000, 1_500
SOMEBODY = UUID(int=1)
NOWHERE = {"billing_url": "http://127.0.0.1:1", "customer_url": "http://127.0.0.1:1", "client_id": "notify-svc",
           "token_url": "http://127.0.0.1:1/oauth/token", "client_secret": "x", "smtp_url": "recorder:"}
GROWN_LATER: Mapping[str, str] = {
    "list_customer_parked_events": "holds what is parked, which is little", "list_billing_parked_events": "the same",
    "list_credit_parked_events": "the same", "list_notify_parked_events": "the same",
    "get_ageing": "sums every account, as it is asked to", "get_ageing_breakdown": "the same",
    "get_product_analysis": "shares out every open item",
    "list_troubles": "gathers what went wrong in many places",
    "list_customers": "by tag or metadata: no index under row-level security serves a part of a value",
    "list_arrangements": "by state: many are active", "list_receipts": "by owner: every customer of an owner",
    "list_credit_notes": "by customer: joins the credits of one",
    "list_authorizations": "joins who owns the customers", "list_risk_alerts": "joins what was done about alerts",
    "list_exposure_mismatches": "joins what was closed", "list_covers": "one a guarantee",
    "list_claims": "fewer than covers",
    "list_financial_statements": "follows who was merged into the customer: here a hundred in all",
    "list_differences": "by customer or reason: joins the items, whose owner may have changed by a merger",
    "list_invoices {'due_on": "as they were made: the first page of each of at most 1,000 days, of which one is taken",
    "list_approvals": "gathers what waits for a signature, which is little", "list_credit_approvals": "the same",
}
"""Operations, or one filter of theirs, with a statement that may read a table to its end, and why that is borne or not
mended yet."""
Plan = dict[str, Any]
Sent = tuple[str, tuple[Any, ...]]


def lists_of(service: str) -> Iterator[tuple[str, str, list[dict[str, Any]], list[str]]]:
    """Operation, path, parameters and scopes of each list: what answers with a cursor."""
    document = DOCUMENTS[service]
    for path, verbs in document["paths"].items():
        told = verbs.get("get", {})
        answer = told.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        shape = answer.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        if "next_cursor" in document["components"]["schemas"].get(shape, {}).get("properties", {}):
            scopes = [scope for one in told["security"] for needed in one.values() for scope in needed]
            parameters = told.get("parameters", [])
            for one in parameters:
                path = path.replace(f"{{{one['name']}}}", sample(one)) if one["in"] == "path" else path
            yield told["operationId"], path, parameters, scopes


def questions(parameters: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """The list as it is, then with each value of a sort and each filter alone."""
    needed = {one["name"]: sample(one) for one in parameters if one["in"] == "query" and one.get("required")}
    yield needed
    for one in parameters:
        if one["in"] == "query" and one["name"] not in ("cursor", "after", "limit", "min_position", *needed):
            for value in values_of(one) if one["name"] == "sort" else [sample(one)]:
                yield needed | {one["name"]: value}


def values_of(parameter: dict[str, Any]) -> list[str]:
    return [str(value) for value in _shape(parameter).get("enum", ["name"])]


def sample(parameter: dict[str, Any]) -> str:
    """A value that fits the parameter."""
    shape = _shape(parameter)
    if "enum" in shape:
        return str(shape["enum"][0])
    by_format = {"uuid": str(SOMEBODY), "date": "2026-01-05", "date-time": "2026-01-05T00:00:00Z"}
    by_type = {"boolean": "true", "integer": "1"}
    return by_format.get(shape.get("format", "")) or by_type.get(shape.get("type", "")) or {
        "currency": "CNY", "metadata": "a:b", "in_class": "size:large"}.get(parameter["name"], "t77")


def _shape(parameter: dict[str, Any]) -> dict[str, Any]:
    shape = parameter["schema"]
    shape = next((one for one in shape.get("anyOf", [shape]) if one.get("type") != "null"), shape)
    shape = shape.get("items", shape)
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[-1]
        shape = next(document["components"]["schemas"][name] for document in DOCUMENTS.values()
                     if name in document["components"]["schemas"])
    return dict(shape)


@pytest.fixture(params=SERVICES)
async def grown(
    request: pytest.FixtureRequest, postgres: str, tmp_path: Any,
) -> AsyncIterator[tuple[Running, UUID, Any]]:
    more = NOWHERE if request.param == "notify" else {}
    async with running(postgres, request.param, tmp_path, **more) as service:
        tenant = await service.tenant(at=datetime(2026, 1, 5, 2, tzinfo=UTC))
        owner = await asyncpg.connect(postgres.rsplit("/", 1)[0] + "/" + service.urls.app.rsplit("/", 1)[1])
        yield service, tenant, owner
        await owner.close()


async def test_no_list_reads_a_grown_table_from_end_to_end(
    grown: tuple[Running, UUID, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, tenant, owner = grown
    sent: list[Sent] = []
    _listen(monkeypatch, sent)
    words = await loosened(owner)
    await fill(owner, "customer", tenant, FEW, words)
    asked = [(name, path, one, scopes) for name, path, told, scopes in lists_of(service.service)
             for one in questions(told)]
    for _, path, question, scopes in asked:
        await _ask(service, tenant, path, question, scopes)
    touched = await _tables_in(owner, sent)
    await owner.execute("TRUNCATE customer CASCADE")
    for table in sorted(touched):
        await fill(owner, table, tenant, MANY, words)
    slow: dict[str, str] = {}
    app = await asyncpg.connect(service.urls.app)
    await app.execute(f"SET dunlin.tenant = '{tenant}'; SET plan_cache_mode = force_custom_plan")
    for name, path, question, scopes in asked:
        sent.clear()
        await _ask(service, tenant, path, question, scopes)
        assert sent, f"{name} {question} sent no statement"
        for statement in sent:
            for why in _long_ways(await _plan_of(app, statement)):
                slow[f"{name} {question}: {why}"] = statement[0]
    await app.close()
    assert not {what for what in slow if not {what.split()[0], what.split(".")[0]} & set(GROWN_LATER)}, "\n".join(slow)


def _listen(monkeypatch: pytest.MonkeyPatch, sent: list[Sent]) -> None:
    for name in ("row", "rows"):
        original = getattr(Transaction, name)

        async def heard(self: Transaction, statement: Any, _send: Any = original, **values: Any) -> Any:
            text, take, defaults = compiled(statement)
            sent.append((text, tuple(take(defaults | values))))
            return await _send(self, statement, **values)

        monkeypatch.setattr(Transaction, name, heard)


async def _ask(service: Running, tenant: UUID, path: str, question: dict[str, str], scopes: list[str]) -> None:
    """What the answer says is not looked at: made-up rows need not make sense."""
    with capture_logs():
        await service.client.get(path, params=question, headers=service.headers(tenant, *scopes, key=None))


async def _plan_of(connection: Any, statement: Sent) -> Plan:
    text, values = statement
    [said] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values))
    plan: Plan = said["Plan"]
    return plan


async def _tables_in(owner: Any, sent: list[Sent]) -> set[str]:
    """The tables that these statements read, tenants and what never grows aside."""
    found = set()
    for statement in {text: (text, values) for text, values in sent}.values():
        found |= {node["Relation Name"] for node in _nodes(await _plan_of(owner, statement)) if "Relation Name" in node}
    return found - {"tenant"}


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _long_ways(plan: Plan) -> Iterator[str]:
    """Tables read from end to end, and rows sorted by the thousand that an index would have given in order."""
    for node in _nodes(plan):
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") != "tenant":
            yield f"reads all of {node['Relation Name']}"
        if node["Node Type"] == "Sort" and node["Plans"][0]["Plan Rows"] > READ_AT_ONCE:
            yield f"sorts {node['Plans'][0]['Plan Rows']} rows"
