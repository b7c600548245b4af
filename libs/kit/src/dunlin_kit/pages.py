"""Pages: keyset cursors, opaque and signed, bound to the path and filter they were made for; no total count."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from dunlin_kit.problems import Refusal, refuses
from dunlin_kit.told_headers import Tells

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_SIGNATURE = 16
_UNBOUND = ("cursor", "limit", "min_position")

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many rows at most.")]
After = Annotated[str | None, Query(alias="cursor", max_length=2000, description="The next_cursor of the page before.")]
RESPONSES = refuses("cursor_invalid")


class Page(BaseModel, Generic[T]):
    """One page; subclass it with a name of its own: `class ThingPage(Page[ThingRead])`."""

    data: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")
    has_more: bool


def given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that were asked for, those not None; of an enum its value."""
    return {name: value.value if isinstance(value, Enum) else value
            for name, value in filters.items() if value is not None}


class Seal:
    """Texts that a client keeps without reading them: signed, and good for one scope only."""

    def __init__(self, secret: bytes, scope: str) -> None:
        self._key = hmac.digest(secret, scope.encode(), hashlib.sha256)

    def close(self, payload: bytes) -> str:
        return urlsafe_b64encode(self._sign(payload) + payload).decode().rstrip("=")

    def open(self, cursor: str) -> bytes:
        """Refuses: cursor_invalid."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise Refusal(422, "cursor_invalid", "The cursor was made for another list or filter.")
        return payload

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, hashlib.sha256)[:_SIGNATURE]


class Cursor:
    """The cursor of one request: where its page begins, and how the next one is named."""

    def __init__(self, request: Request, cursor: str | None) -> None:
        self._request = request
        secret: bytes = request.app.state.cursor_secret
        bound = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _UNBOUND)
        scope = f"{request.state.principal.tenant}|{request.url.path}|{bound}"
        self._seal = Seal(secret, scope)
        self.after: tuple[Any, ...] | None = tuple(json.loads(self._seal.open(cursor))) if cursor else None
        """The sort values of the last row seen, as JSON gives them; None on the first page. Refuses: cursor_invalid."""

    def seal(self, values: Sequence[Any]) -> str:
        return self._seal.close(json.dumps(list(values), default=str, separators=(",", ":")).encode())

    def page(
        self, response: Response, rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]],
        read: Callable[[T], Any] | None = None,
    ) -> dict[str, Any]:
        """The fields of a page from up to `limit + 1` rows; sets `Link: rel=next` when there is more.

        `read` turns a row into what is shown of it; without it `data` has the rows themselves.
        """
        shown, has_more = list(rows[:limit]), len(rows) > limit
        following = self.seal(key(shown[-1])) if has_more else None
        if following is not None:
            url = self._request.url.include_query_params(cursor=following)
            response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        data = shown if read is None else [read(row) for row in shown]
        return {"data": data, "next_cursor": following, "has_more": has_more}


async def _cursor(request: Request, cursor: After = None) -> Cursor:
    return Cursor(request, cursor)


Paging = Annotated[Cursor, Depends(_cursor), Tells(("Link",))]
"""The dependency of a list: `cursor: Paging`, then `cursor.after` and `cursor.page(...)`."""
