"""Requests to a running Dunlin, sent again with the same key while it is away, busy, or catching up."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dunlin_kernel.ids import new_id
from dunlin_local.terminal import note

PATIENCE_SECONDS = 120.0
LONGEST_WAIT_SECONDS = 2.0
PASSING = {"in_progress", "tenant_not_known_yet", "position_not_reached"}


class RemoteError(Exception):
    """Dunlin refuses or is not there; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Remote:
    """One tenant's API. `client` has its URL and token."""

    client: httpx.Client

    def post(self, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        """Raises RemoteError."""
        return self._sent("POST", path, json=body, headers={"Idempotency-Key": key or str(new_id())})

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Raises RemoteError."""
        return self._sent("GET", path, params=params)

    def _sent(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        until, wait, waiting = time.monotonic() + PATIENCE_SECONDS, 0.05, False
        while True:
            try:
                answer = self.client.request(method, path, **request)
            except httpx.TransportError as error:
                hindrance = f"{self.client.base_url} does not answer ({type(error).__name__})"
            else:
                if answer.is_success:
                    return self._read(path, answer)
                hindrance = _hindrance(path, answer)
            if time.monotonic() > until:
                raise RemoteError(f"{hindrance}. Run the same command again later: it goes on where it stopped.")
            if not waiting:
                note(f"waiting up to {PATIENCE_SECONDS:.0f} s: {hindrance}")
                waiting = True
            time.sleep(wait)
            wait = min(LONGEST_WAIT_SECONDS, wait * 2)

    def _read(self, path: str, answer: httpx.Response) -> dict[str, Any]:
        try:
            said = answer.json()
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise RemoteError(f"{self.client.base_url} answers {path} with something else: no Dunlin is there.")
        return said


def _hindrance(path: str, answer: httpx.Response) -> str:
    """What is in the way for a while. Raises RemoteError where it will not go away by itself."""
    try:
        problem = answer.json()
        code, said = str(problem["code"]), f"{path}: {problem['code']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        code, said = "", f"{path}: status {answer.status_code}"
    if answer.status_code in (429, 502, 503, 504) or code in PASSING:
        return said
    raise RemoteError(f"Dunlin refuses {said}")
