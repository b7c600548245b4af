"""Versions: a strong ETag on what is read, and `If-Match` on what is changed, so that nobody overwrites unseen."""

import re
from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import Response

from dunlin_kit.problems import Refusal, refuses

_ASKED = "One ETag, as it was read. `*` and lists are refused (428): they would overwrite what was not seen."
_VERSION = re.compile(r'"([0-9]{1,18})"')


async def _expected(if_match: Annotated[str | None, Header(description=_ASKED)] = None) -> int:
    """Refuses: if_match_missing (428; also for `*` and lists), etag_mismatch (412; also what is no ETag of ours)."""
    if if_match is None:
        raise Refusal(428, "if_match_missing", "Send If-Match with the ETag that you read.")
    if if_match.strip() == "*" or "," in if_match:
        raise Refusal(428, "if_match_missing", "Send If-Match with the one ETag that you read; * and lists name none.")
    seen = _VERSION.fullmatch(if_match)
    if seen is None:
        raise stale()
    return int(seen[1])


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
