"""The limit: the same work written by hand on FastAPI and asyncpg, on the same tables under the same policies.

`python -m bench.by_hand steps` sends a round trip per statement, `... merged` fuses what a good engineer would fuse.
Both verify the token (and remember it), set the tenant for forced row-level security, look the idempotency key up,
wait at the posting barrier and for the account, check the period, write document, ledger, journal, audit row, events
and the answer with its key, and commit durably. Neither has metrics, limits, dry runs, logs or a relay to wake.
Both are tuned as Dunlin is: what was planned once is not planned anew, and the collector is off the modules.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import uvicorn
from bench.by_hand_authorization import AuthorizationIn, authorization
from bench.by_hand_batch import BatchIn, batch
from bench.by_hand_invoice import InvoiceIn, invoice
from bench.by_hand_payment import PaymentIn, payment
from bench.by_hand_rows import Answer, Call
from bench.by_hand_sql import FIND_KEY, row
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import Response
from joserfc import jwt
from joserfc.jwk import KeySet

from billing_svc.store.periods import barrier_of
from dunlin_kernel.ids import new_id
from dunlin_kit import garbage
from dunlin_kit.pooling import PLANNED_ONCE

Work = Callable[[Any, Call, Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Told:
    """What the process is told by its environment, as a service's own process is."""

    url: str
    issuer: str
    audience: str
    keys: KeySet

    @classmethod
    def of(cls, environment: Any) -> "Told":
        keys = KeySet.import_key_set(json.loads(Path(environment["DUNLIN_JWKS"]).read_text()))
        return cls(environment["DUNLIN_DATABASE_URL"], environment["DUNLIN_ISSUER"], environment["DUNLIN_AUDIENCE"],
                   keys)


class Tokens:
    """Verified once, remembered until they end; the end is looked at each time."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._known: dict[bytes, dict[str, Any]] = {}

    def claims(self, request: Request, scope: str) -> dict[str, Any]:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise HTTPException(401)
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._known.get(digest) or self._known.setdefault(digest, self._verified(token))
        if time.time() >= claims["exp"]:
            raise HTTPException(401)
        if scope not in claims["scopes"]:
            raise HTTPException(403)
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        claims = jwt.decode(token, self._told.keys, algorithms=["Ed25519"]).claims
        if claims["iss"] != self._told.issuer or claims["aud"] != self._told.audience:
            raise HTTPException(401)
        return {**claims, "scopes": frozenset(claims["scope"].split()), "tenant": UUID(claims["tenant"])}


async def as_it_is(connection: Any) -> None:
    """No trip when a connection is given back: the tenant is set for the transaction only."""


def create_app(form: str, told: Told) -> FastAPI:
    """A route for each work; `form` is `steps` or `merged`."""
    tokens = Tokens(told)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            told.url, min_size=2, max_size=10, statement_cache_size=512, reset=as_it_is,
            server_settings={"TimeZone": "UTC", "jit": "off", "lock_timeout": "5000", "statement_timeout": "30000",
                             "plan_cache_mode": PLANNED_ONCE},
        ) as pool:
            app.state.pool = pool
            garbage.started()
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    async def answer(request: Request, key: str, scope: str, body: Any, work: Work) -> Response:
        claims = tokens.claims(request, scope)
        fingerprint = hashlib.sha256(request.url.path.encode() + await request.body()).digest()
        call = Call(form, claims["tenant"], barrier_of(claims["tenant"]), claims["sub"], key, fingerprint,
                    str(new_id()), datetime.now(UTC))
        for last in (False, True):
            try:
                done = await in_transaction(app.state.pool, call, body, work)
                told = {"etag": done.etag, "location": done.location}
                return Response(done.body, done.status, {name: value for name, value in told.items() if value},
                                "application/json")
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if last:
                    raise
        raise AssertionError

    @app.post("/billing/v1/invoices", status_code=201)
    async def create_invoice(body: InvoiceIn, request: Request, idempotency_key: Annotated[str, Header()]) -> Response:
        return await answer(request, idempotency_key, "invoices:write", body, invoice)

    @app.post("/billing/v1/invoices:batch", status_code=201)
    async def create_invoices(body: BatchIn, request: Request, idempotency_key: Annotated[str, Header()]) -> Response:
        return await answer(request, idempotency_key, "invoices:write", body, batch)

    @app.post("/billing/v1/payments", status_code=201)
    async def record_payment(body: PaymentIn, request: Request, idempotency_key: Annotated[str, Header()]) -> Response:
        return await answer(request, idempotency_key, "payments:write", body, payment)

    @app.post("/credit/v1/authorizations", status_code=201)
    async def authorize_credit(
        body: AuthorizationIn, request: Request, idempotency_key: Annotated[str, Header()],
    ) -> Response:
        return await answer(request, idempotency_key, "authorizations:write", body, authorization)

    return app


async def in_transaction(pool: Any, call: Call, body: Any, work: Work) -> Answer:
    """Steps: BEGIN, the tenant, the key, a trip each. Merged: the tenant on BEGIN, the key with the account's lock."""
    async with pool.acquire() as connection:
        if call.form == "merged":
            await connection.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{call.tenant}'")
        else:
            await connection.execute("BEGIN")
            await connection.execute("SELECT set_config('dunlin.tenant', $1, true)", str(call.tenant))
        try:
            known = None if call.form == "merged" else await row(connection, FIND_KEY, {"key": call.key})
            done = call.repeated(known) if known else await work(connection, call, body)
            await connection.execute("COMMIT")
            return done
        except BaseException:
            await connection.execute("ROLLBACK")
            raise


async def serve(form: str) -> None:
    """Serve on DUNLIN_PORT until a signal, as a service's own process does."""
    config = uvicorn.Config(create_app(form, Told.of(os.environ)), port=int(os.environ["DUNLIN_PORT"]),
                            log_config=None, access_log=False, server_header=False, proxy_headers=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    assert sys.argv[1] in ("steps", "merged"), "steps or merged"
    uvloop.run(serve(sys.argv[1]))
