"""Headers of a request by their name, put in order once; and answers whose headers are known when they are made."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from fastapi.responses import Response

NO_CONTENT = 204
_KEPT = "dunlin.headers"
Raw = tuple[bytes, bytes]


def header(request: Request, name: bytes) -> str | None:
    """The first header of this name, which is in small letters."""
    scope: Any = request.scope
    by_name = scope.get(_KEPT)
    if by_name is None:
        by_name = scope[_KEPT] = dict(reversed(scope["headers"]))
    value = by_name.get(name)
    return None if value is None else value.decode("latin-1")


class Told(Response):
    """What an operation says of its answer before there is one: a status (0 for the usual) and headers."""

    def __init__(self) -> None:
        self.status_code, self.body, self.background = 0, b"", None
        self.raw_headers: list[Raw] = []


class Json(Response):
    """An answer in JSON that was written before."""

    def __init__(self, body: bytes, status: int, more: Iterable[Raw] = ()) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [(b"content-type", b"application/json"), *more]
        if status != NO_CONTENT:
            self.raw_headers.append((b"content-length", str(len(body)).encode()))
