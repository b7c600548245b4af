"""Versions: a strong ETag on what is read, and `If-Match` on what is changed, so that nobody overwrites unseen."""

from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import Response

from dunlin_kit.problems import Refusal, refuses


async def _expected(if_match: Annotated[str | None, Header(description="The ETag of what was read.")] = None) -> int:
    """Refuses: if_match_missing (428), etag_mismatch (412)."""
    if if_match is None:
        raise Refusal(428, "if_match_missing", "Send If-Match with the ETag that you read.")
    inner = if_match[1:-1]
    if len(if_match) < 3 or if_match[0] != '"' or if_match[-1] != '"' or not inner.isdecimal() or len(inner) > 18:
        raise stale()
    return int(inner)


IfMatch = Annotated[int, Depends(_expected)]
"""The version that the client has seen; compare it after the lock, and raise `stale()` when it is another."""

RESPONSES = refuses("etag_mismatch", status=412) | refuses("if_match_missing", status=428)


def stale() -> Refusal:
    """What a changed thing answers to an old ETag."""
    return Refusal(412, "etag_mismatch", "It was changed since you read it; read it again.")


def etag(version: int) -> str:
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    response.raw_headers.append((b"etag", etag(version).encode()))
