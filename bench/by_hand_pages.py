"""The limit of lists and of memory: bare FastAPI on an asyncpg pool, with the same pages under the same policies.

`python -m bench.by_hand_pages`: token verified and remembered, BEGIN with the tenant, one statement, COMMIT. A page
goes on after the key that is given, open to read. It loads nothing of Dunlin.
"""

import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from joserfc import jwt
from joserfc.jwk import KeySet

LIMIT = 50
_CUSTOMER = """c.id, c.number, c.kind, c.status, c.name, c.external_id, c.tax_id, c.region, c.industry, c.due_days,
  c.end_of_month, c.instalments, c.discount_bps, c.discount_within_days, c.prepayment_bps, c.cash_on_delivery, c.source,
  c.tags, c.labels, c.version, c.registered_at, c.group_id, c.owner_id, c.merged_into"""
SEARCH = f"""SELECT {_CUSTOMER} FROM search_customers($1::text[], $2, $3, {LIMIT + 1}) f JOIN customer c ON c.id = f
             ORDER BY c.number"""


@dataclass(frozen=True, slots=True)
class List:
    """What is read, what it is sorted by with the type of that, and the condition of each filter."""

    read: str
    sorts: Mapping[str, tuple[str, str]]
    filters: Mapping[str, str]
    where: str = "true"

    def statement(self, asked: Mapping[str, str]) -> tuple[str, list[str]]:
        """The text, and its values as they came."""
        sort = asked["sort"]
        (by, kind), down = self.sorts[sort.lstrip("-")], sort.startswith("-")
        values, conditions = [], [self.where]
        for name, condition in self.filters.items():
            if name in asked:
                values.append(asked[name])
                conditions.append(condition.format(f"${len(values)}::text"))
        if "after" in asked:
            values += json.loads(asked["after"])
            conditions.append(f"({by}, c.id) {'<' if down else '>'} "
                              f"(${len(values) - 1}::text::{kind}, ${len(values)}::text::uuid)")
        turn = " DESC" if down else ""
        return (f"{self.read} WHERE {' AND '.join(conditions)} ORDER BY {by}{turn}, c.id{turn} LIMIT {LIMIT + 1}",
                values)


_DUE = "least(c.due_on, 'infinity'::date)"
LISTS = {
    "/billing/v1/invoices": List(
        """SELECT c.id, c.customer_id, c.status, c.number, c.external_id, c.issued_on, c.due_on, c.currency, c.total,
             (SELECT coalesce(sum(open), 0)::bigint FROM item WHERE invoice_id = c.id AND kind = 'invoice') AS open
           FROM invoice c""",
        {"created": ("c.id", "uuid"), "due_on": (_DUE, "date")},
        {"customer_id": "c.customer_id = {}::uuid", "status": "c.status = {}", "number": "c.number = {}",
         "external_id": "c.external_id = {}", "due_on.gte": f"{_DUE} >= {{}}::date AND c.due_on IS NOT NULL",
         "due_on.lte": f"{_DUE} <= {{}}::date AND c.due_on IS NOT NULL"}),
    "/billing/v1/payments": List(
        """SELECT c.*, r.effective_on AS reversed_on, r.reason AS reversal_reason, d.actor AS decided_by,
             d.reason AS rejection_reason FROM credit c LEFT JOIN payment_reversal r ON r.credit_id = c.id
           LEFT JOIN payment_decision d ON d.credit_id = c.id""",
        {"received_on": ("c.received_on", "date")},
        {"customer_id": "c.customer_id = {}::uuid", "state": "c.state = {}", "external_id": "c.external_id = {}",
         "received_on.gte": "c.received_on >= {}::date", "received_on.lte": "c.received_on <= {}::date"},
        "c.kind = 'payment'"),
    "/customer/v1/customers": List(
        f"SELECT {_CUSTOMER} FROM customer c",
        {"number": ("c.number", "text"), "name": ("c.name", "text"),
         "registered_at": ("c.registered_at", "timestamptz")},
        {name: f"c.{name} = {{}}" for name in ("status", "region", "number", "external_id")}),
}


class _Tokens:
    """Verified once, remembered until they end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._keys = KeySet.import_key_set(json.loads(Path(environment["DUNLIN_JWKS"]).read_text()))
        self._told = {"iss": environment["DUNLIN_ISSUER"], "aud": environment["DUNLIN_AUDIENCE"]}
        self._known: dict[str, dict[str, Any]] = {}

    def tenant(self, request: Request) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        claims = self._known.get(token) or self._known.setdefault(token, self._verified(token))
        if time.time() >= claims["exp"]:
            raise HTTPException(401)
        return str(claims["tenant"])

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, self._keys, algorithms=["Ed25519"]).claims
        except ValueError as broken:
            raise HTTPException(401) from broken
        if any(claims[name] != value for name, value in self._told.items()):
            raise HTTPException(401)
        return dict(claims)


def create_app(environment: Mapping[str, str]) -> FastAPI:
    """A route for each list, and the search."""
    tokens = _Tokens(environment)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            environment["DUNLIN_DATABASE_URL"], min_size=2, max_size=10, statement_cache_size=512, reset=_as_it_is,
            server_settings={"TimeZone": "UTC", "jit": "off"},
        ) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    async def answer(tenant: str, text: str, values: list[Any]) -> Response:
        async with app.state.pool.acquire() as connection:
            await connection.execute(f"BEGIN READ ONLY; SET LOCAL dunlin.tenant = '{tenant}'")
            try:
                rows = [dict(row) for row in await connection.fetch(text, *values)]
            finally:
                await connection.execute("COMMIT")
        body = {"data": rows[:LIMIT], "goes_on": len(rows) > LIMIT}
        return Response(json.dumps(body, default=str, ensure_ascii=False), media_type="application/json")

    def route(path: str, listed: List) -> None:
        @app.get(path)
        async def page(request: Request) -> Response:
            return await answer(tokens.tenant(request), *listed.statement(request.query_params))

    @app.get("/customer/v1/customers:search")
    async def search(request: Request) -> Response:
        asked = request.query_params
        return await answer(tokens.tenant(request), SEARCH, [
            asked["grams"].split(","), asked["part"], asked.get("after", "")])

    for path, listed in LISTS.items():
        route(path, listed)
    return app


async def _as_it_is(_: Any) -> None:
    """No trip when a connection is given back: the tenant is set for the transaction only."""


async def serve() -> None:
    """Serve on DUNLIN_PORT until a signal."""
    config = uvicorn.Config(create_app(os.environ), port=int(os.environ["DUNLIN_PORT"]), log_config=None,
                            access_log=False, server_header=False, proxy_headers=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(serve())
