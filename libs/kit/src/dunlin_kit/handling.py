"""How an operation is called: what its route knows is handed over as it is, only the rest is solved each time."""

import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from email.message import Message
from functools import lru_cache
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import solve_dependencies
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

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

    async def answer(self, request: Request, sent: Sent | None, given: Mapping[str, Any]) -> Response:
        """Call it, and make its answer. Refuses: invalid_request, and what the operation refuses."""
        body = sent.value() if sent is not None and self._takes_body else _NO_BODY
        request.scope["fastapi_inner_astack"] = request.scope["fastapi_function_astack"] = _NOTHING_TO_CLOSE
        solved = await solve_dependencies(
            request=request, dependant=self._rest, body=body, async_exit_stack=_NOTHING_TO_CLOSE,
            embed_body_fields=self._embedded)
        if solved.errors:
            raise RequestValidationError(solved.errors)
        said = await self._call(**solved.values, **{name: given[what] for name, what in self._given})
        return said if isinstance(said, Response) else self._made(said, solved.response)

    def _made(self, said: Any, told: Response) -> Response:
        """The answer out of a model: checked and written by what was compiled for it, with the headers told beside."""
        content = b""
        if self._answered is not None:
            value, errors = self._answered.validate(said, loc=("response",))
            assert not errors, f"not what is declared: {errors}"
            content = self._answered.serialize_json(value)
        response = Response(content, told.status_code or self._status or 200, media_type="application/json")
        response.headers.raw.extend(told.headers.raw)
        return response
