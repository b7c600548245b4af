"""How an operation is called: what its route knows is handed over as it is, only the rest is solved each time."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from email.message import Message
from functools import lru_cache
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args, solve_dependencies
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from dunlin_kit.headers import Json, Told

_NO_BODY = (solve_dependencies.__kwdefaults__ or {})["body"]
_NOTHING_TO_CLOSE = AsyncExitStack()
"""No dependency of ours is a generator: what the framework would close after a request is never filled."""
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Sent:
    """The body of a request: its bytes, and the JSON in them, which is read once."""

    def __init__(self, raw: bytes, content_type: str | None) -> None:
        self.raw = raw
        self._content_type = content_type
        self._read: tuple[Any, Exception | None] | None = None

    def canonical(self) -> bytes:
        """The same JSON gives the same bytes, however it was spaced and ordered; anything else stands for itself."""
        value, failed = self._json()
        try:
            return self.raw if failed else _canonical(value).encode()
        except RecursionError:
            return self.raw

    def value(self) -> Any:
        """What the operation takes; the bytes where they are not sent as JSON. Refuses: invalid_request."""
        if not self.raw or not _is_json(self._content_type):
            return self.raw or _NO_BODY
        value, failed = self._json()
        if isinstance(failed, json.JSONDecodeError):
            raise RequestValidationError([
                {"type": "json_invalid", "loc": ("body", failed.pos), "msg": "JSON decode error", "input": {}}
            ]) from failed
        if failed is not None:
            raise HTTPException(400, "There was an error parsing the body") from failed
        return value

    def _json(self) -> tuple[Any, Exception | None]:
        if self._read is None:
            try:
                self._read = json.loads(self.raw), None
            except (ValueError, RecursionError) as failed:
                self._read = None, failed
        return self._read


@lru_cache(maxsize=64)
def _is_json(content_type: str | None) -> bool:
    if not content_type:
        return False
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


@dataclass(frozen=True, slots=True)
class Known:
    """Dependencies that are not solved: `given` names what the route hands over for one, `declared` are those that
    only say something in the API document."""

    given: Mapping[Callable[..., Any], str]
    declared: frozenset[Callable[..., Any]]


class Handling:
    """One operation, ready to be called; all that can be found out once is found out here."""

    def __init__(self, route: APIRoute, known: Known) -> None:
        whole = route.dependant
        self._call = route.endpoint
        self._given = tuple((one.name, known.given[one.call]) for one in whole.dependencies
                            if one.name is not None and one.call is not None and one.call in known.given)
        self._rest: Dependant = replace(whole, dependencies=[
            one for one in whole.dependencies if one.call not in known.given and one.call not in known.declared])
        self._takes_body, self._embedded = route.body_field is not None, route._embed_body_fields
        self._answered, self._status = route.response_field, route.status_code
        self._declared = self._answered.field_info.annotation if self._answered else None
        alone = len(self._rest.body_params) == 1 and not self._embedded
        self._whole_body = self._rest.body_params[0] if alone else None
        self._unasked = _defaults_of(self._rest.query_params)
        self._plain = not _wants_more(self._rest)

    async def answer(self, request: Request, sent: Sent | None, given: Mapping[str, Any]) -> Response:
        """Call it, and make its answer. Refuses: invalid_request, and what the operation refuses."""
        body = sent.value() if sent is not None and self._takes_body else _NO_BODY
        told = Told()
        if self._plain and (self._whole_body is None or isinstance(body, dict)):
            values, errors = self._taken(request, body)
            if self._rest.response_param_name:
                values[self._rest.response_param_name] = told
        else:
            values, errors = await self._solved(request, body, told)
        if errors:
            raise RequestValidationError(errors)
        said = await self._call(**values, **{name: given[what] for name, what in self._given})
        return said if isinstance(said, Response) else self._made(said, told)

    def _taken(self, request: Request, body: Any) -> tuple[dict[str, Any], list[Any]]:
        """Path, query and body alone, which is what most operations take: no dependency is left to be solved."""
        values: dict[str, Any] = {}
        errors: list[Any] = []
        if self._rest.path_params:
            values, errors = request_params_to_args(self._rest.path_params, request.path_params)
        if self._unasked is not None and not request.scope["query_string"]:
            values |= self._unasked
        else:
            found, wrong = request_params_to_args(self._rest.query_params, request.query_params)
            values, errors = values | found, errors + wrong
        if self._whole_body is not None:
            values[self._whole_body.name], wrong = self._whole_body.validate(body, loc=("body",))
            errors = errors + wrong
        return values, errors

    async def _solved(self, request: Request, body: Any, told: Response) -> tuple[dict[str, Any], list[Any]]:
        request.scope["fastapi_inner_astack"] = request.scope["fastapi_function_astack"] = _NOTHING_TO_CLOSE
        solved = await solve_dependencies(
            request=request, dependant=self._rest, body=body, response=told, async_exit_stack=_NOTHING_TO_CLOSE,
            embed_body_fields=self._embedded)
        return solved.values, solved.errors

    def _made(self, said: Any, told: Response) -> Response:
        """The answer out of a model: checked and written by what was compiled for it, with the headers told beside."""
        content = b""
        if self._answered is not None:
            if said.__class__ is not self._declared:
                said, errors = self._answered.validate(said, loc=("response",))
                assert not errors, f"not what is declared: {errors}"
            content = self._answered.serialize_json(said)
        return Json(content, told.status_code or self._status or 200, told.raw_headers)


def _wants_more(rest: Dependant) -> bool:
    """Whether anything but path, query, one body and the response's headers is to be solved."""
    return bool(
        rest.dependencies or rest.header_params or rest.cookie_params or len(rest.body_params) > 1
        or rest.request_param_name or rest.websocket_param_name or rest.http_connection_param_name
        or rest.background_tasks_param_name or rest.security_scopes_param_name)


def _defaults_of(params: Sequence[Any]) -> dict[str, Any] | None:
    """What parameters of the query are where none is asked for; None where one must be, or would be checked."""
    if any(one.field_info.is_required() or one.field_info.validate_default for one in params):
        return None
    found = {one.name: one.get_default() for one in params}
    return found if all(value is None or isinstance(value, str | int | bool) for value in found.values()) else None
