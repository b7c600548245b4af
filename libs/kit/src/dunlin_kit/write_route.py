"""The routes: no answer leaves before its commit, the work can run again, a repeated key repeats the first answer."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Set
from itertools import count
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Header, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send

from dunlin_kit import auth, positions, told_headers
from dunlin_kit.auth import Access, Principal
from dunlin_kit.database import Database, ReadStale
from dunlin_kit.handling import Handling, Known, Sent
from dunlin_kit.headers import header
from dunlin_kit.idempotency import Answer, IdempotencyKey
from dunlin_kit.problems import Refusal, refuses
from dunlin_kit.transaction import Transaction

_BOOL = TypeAdapter(bool)
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
MAX_BODY_BYTES = 8 * 1024 * 1024
ALWAYS = (
    refuses("idempotency_key_missing", "idempotency_key_malformed", status=400)
    | refuses("unauthenticated", status=401)
    | refuses("forbidden", "tenant_required", "tenant_not_allowed", "operator_required", status=403)
    | refuses("body_too_large", status=413)
    | refuses("rate_limited", status=429)
    | refuses("database_unavailable", "outcome_unknown", "issuer_unavailable", status=503)
)


async def _transaction(request: Request) -> Transaction:
    transaction: Transaction = request.state.transaction
    return transaction


async def _keyed(
    idempotency_key: Annotated[
        str,
        Header(
            max_length=255,
            description=(
                "Any text that names this request: sent again, it gets the first answer and has no second effect."
            ),
        ),
    ],
) -> None:
    """Declares the header; the route reads it before the handler runs."""


Tx = Annotated[Transaction, Depends(_transaction)]
ValidateOnly = Annotated[bool, Query(description="Make all checks and give the same answer, but change nothing.")]


KNOWN = Known({_transaction: "transaction", auth.me: "principal"}, auth.DECLARING | {positions.declared, _keyed})


class ReadRoute(APIRoute):
    """A GET on one snapshot, under the tenant of the token."""

    _tells: tuple[str, ...] = ()

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["dependencies"] = [*(options.get("dependencies") or ()), *self._declared(options)]
        options["responses"] = _merged(
            ALWAYS,
            refuses("position_not_reached", "tenant_not_known_yet", status=409),
            refuses("invalid_request", "position_malformed"),
            options.get("responses") or {},
        )
        options["responses"] = told_headers.declared(
            options["responses"], options.get("status_code") or 200, (*told_headers.told_by(endpoint), *self._tells))
        options.setdefault("operation_id", endpoint.__name__)
        super().__init__(path, endpoint, **options)
        self._access, self._handling = Access.of(self.dependant.dependencies), Handling(self, KNOWN)
        self._asked = frozenset(_query_of(self.dependant))

    @staticmethod
    def _declared(options: dict[str, Any]) -> list[Any]:
        return [Depends(positions.declared)]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the framework to refuse another method."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def admitted(self, request: Request) -> Principal:
        """Who asks, once it is clear that they may. Refuses: what token, limit, access and address refuse."""
        state = request.app.state
        principal: Principal = await state.authenticator.principal(request)
        request.state.principal = principal
        state.limits.take(request, principal)
        self._access.check(principal)
        _checked(request, self._asked)
        if request.scope["query_string"]:
            await positions.reached(request, state.database, state.service, principal.tenant)
        return principal

    async def answer(self, request: Request) -> Response:
        principal = await self.admitted(request)
        database: Database = request.app.state.database

        async def work(tx: Transaction) -> Response:
            tx.actor, tx.scopes = principal.subject, principal.scopes
            request.state.transaction = tx
            return await self._handling.answer(request, None, {"transaction": tx, "principal": principal})

        return await database.read(principal.tenant, work)


class AnsweredBefore(ReadStale):
    """The work was refused, and its key has an answer already: the work runs again, and finds that first."""


class WriteRoute(ReadRoute):
    """An operation that writes: handle, gather the answer with the key, commit, then send.

    A key is looked up only where the work was refused or runs again: one that has an answer cannot be stored once more,
    so that nothing of what a repeated request did remains.
    """

    _tells = told_headers.OF_A_WRITE

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["responses"] = _merged(
            refuses("in_progress", "already_exists", status=409),
            refuses("idempotency_key_reused"),
            options.get("responses") or {},
        )
        self._dry_run_declared = "validate_only" in inspect.signature(endpoint).parameters
        super().__init__(path, endpoint, **options)

    @staticmethod
    def _declared(options: dict[str, Any]) -> list[Any]:
        keyed = [Depends(_keyed)] if "POST" in (options.get("methods") or ()) else []
        return [Depends(positions.declared), *keyed]

    async def answer(self, request: Request) -> Response:
        principal = await self.admitted(request)
        sent = Sent(await _body_of(request), header(request, b"content-type"))
        key = IdempotencyKey.of(request, sent)
        if key is None and request.method == "POST":
            raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key header with every POST.")
        dry_run = self._dry_run_declared and _is_dry(request.query_params.get("validate_only"))
        runs = count()

        async def work(tx: Transaction) -> Answer:
            tx.actor, tx.scopes = principal.subject, principal.scopes
            if dry_run or key is None:
                return await self._worked(tx, request, sent)
            if next(runs):
                return await key.answered(tx) or await self._worked(tx, request, sent, key)
            try:
                return await self._worked(tx, request, sent, key)
            except (asyncpg.PostgresError, ReadStale):
                raise
            except Exception as refused:
                if await key.answered(tx):
                    raise AnsweredBefore from refused
                raise

        return await _sent(request.app.state, principal.tenant, work, dry_run)

    async def _worked(self, tx: Transaction, request: Request, sent: Sent, key: IdempotencyKey | None = None) -> Answer:
        """Handle it, and gather the answer with the key; only a success is kept."""
        request.state.transaction = tx
        given = {"transaction": tx, "principal": request.state.principal}
        response = await self._handling.answer(request, sent, given)
        streams = tx.streams()
        if key and response.status_code < 300:
            key.remember(tx, response, streams)
        return Answer(response, streams, False)


async def _sent(state: Any, tenant: Any, work: Callable[[Transaction], Awaitable[Answer]], dry_run: bool) -> Response:
    """Run the work, and add the position that its streams have reached: never part of what is stored."""
    heads: dict[str, int] = {}

    async def with_heads(tx: Transaction) -> Answer:
        answer = await work(tx)
        await tx.flush(last=True)
        heads.clear()
        heads.update(await positions.heads_of(tx, answer.streams) if answer.replayed else tx.heads)
        return answer

    database: Database = state.database
    answer = await database.transact(tenant, with_heads, keep=not dry_run)
    if heads and not dry_run:
        answer.response.raw_headers.append(positions.header_of(state.service, heads))
        state.published()
    return answer.response


def _is_dry(asked: str | None) -> bool:
    """Read as the framework reads it; what is no truth value changes nothing here and is refused by the operation."""
    try:
        return asked is not None and _BOOL.validate_python(asked)
    except ValidationError:
        return True


async def _body_of(request: Request) -> bytes:
    """The whole body, read once. Refuses: body_too_large."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise Refusal(413, "body_too_large", f"A body has at most {MAX_BODY_BYTES} bytes.")
        chunks.append(chunk)
    body = b"".join(chunks)
    if rb"\u0000" in body and _ESCAPED_NUL.search(body):
        raise _nul()
    return body


def _query_of(dependant: Dependant) -> Iterator[str]:
    """The names that a query may have, also those which only dependencies take."""
    for param in dependant.query_params:
        fields = getattr(param.field_info.annotation, "model_fields", None)
        yield from (param.alias,) if fields is None else (field.alias or name for name, field in fields.items())
    for one in dependant.dependencies:
        yield from _query_of(one)


def _checked(request: Request, known: Set[str]) -> None:
    """No text of the address holds a NUL, which the database could not keep, and all that is asked is known: a name
    misspelt must not do what nobody meant. Refuses: invalid_request.
    """
    asked = request.query_params.multi_items() if request.scope["query_string"] else ()
    if "\0" in request.scope["path"] or any("\0" in text for pair in asked for text in pair):
        raise _nul()
    unknown = dict.fromkeys(name for name, _ in asked if name not in known)
    if unknown:
        raise RequestValidationError([
            {"type": "extra_forbidden", "loc": ("query", name), "msg": "There is no such parameter."}
            for name in unknown])


def _nul() -> Refusal:
    return Refusal(422, "invalid_request", "No text may hold the character NUL.")


def _merged(*declared: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Several declarations of one status become one, with the codes of all."""
    merged: dict[int | str, dict[str, Any]] = {}
    for responses in declared:
        for status, response in responses.items():
            known = merged.get(status)
            codes = [said["description"].removeprefix("Codes: ") for said in (known, response) if said]
            merged[status] = {**response, "description": "Codes: " + ", ".join(codes)} if known else response
    return merged
