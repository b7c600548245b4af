"""Asking another service over HTTP, with this service's own token and the tenant named in a header."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from dunlin_kernel.clock import Clock
from dunlin_kit.telemetry import current_trace

_EARLIER_SECONDS = 30
Params = Mapping[str, str | list[str]]
"""Of a query; a list is sent as one parameter for each value."""


class LookFailed(Exception):
    """The other service could not be asked, or did not answer in its form; nothing is known."""


class ServiceToken:
    """A client-credentials token, kept until half a minute before it ends."""

    def __init__(
        self, client: httpx.AsyncClient, *, url: str, client_id: str, client_secret: str, scopes: str, clock: Clock
    ) -> None:
        self._client, self._url, self._clock = client, url, clock
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": scopes,
        }
        self._token, self._ends = "", 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """Refuses: LookFailed when the issuer does not give one."""
        async with self._lock:
            now = self._clock.now().timestamp()
            if now >= self._ends - _EARLIER_SECONDS:
                try:
                    answer = await self._client.post(self._url, data=self._form)
                    answer.raise_for_status()
                    given = answer.json()
                    self._token, self._ends = str(given["access_token"]), now + float(given["expires_in"])
                except (httpx.HTTPError, ValueError, KeyError) as failed:
                    raise LookFailed("the issuer gave no token") from failed
            return self._token

    def forget(self) -> None:
        self._ends = 0.0


class Outbound:
    """One other service: its base URL, and GETs for a tenant; a look that fails is tried once more, then given up."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, token: ServiceToken) -> None:
        self._client, self._base_url, self._token = client, base_url.rstrip("/"), token

    async def get(self, path: str, *, tenant: UUID, params: Params | None = None) -> Any:
        """The JSON of a 200; None for a 404. Refuses: LookFailed for everything else."""
        answer = await self._answered(path, tenant, params or {}, nothing=(404,))
        if answer is None:
            return None
        try:
            return answer.json()
        except ValueError as failed:
            raise LookFailed("answered something that is not JSON") from failed

    async def get_file(self, path: str, *, tenant: UUID) -> bytes | None:
        """The bytes of a 200; None where there is none (404) or none can be made (422). Refuses: LookFailed."""
        answer = await self._answered(path, tenant, {}, nothing=(404, 422))
        return None if answer is None else answer.content

    async def _answered(
        self, path: str, tenant: UUID, params: Params, *, nothing: tuple[int, ...],
    ) -> httpx.Response | None:
        answer = await self._asked(path, tenant, params)
        if answer.status_code == 401:
            self._token.forget()
            answer = await self._asked(path, tenant, params)
        if answer.status_code in nothing:
            return None
        if answer.status_code != 200:
            raise LookFailed(f"answered {answer.status_code}")
        return answer

    async def _asked(self, path: str, tenant: UUID, params: Params) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {await self._token.get()}",
            "Dunlin-Tenant": str(tenant),
            "X-Correlation-Id": current_trace().correlation_id,
        }
        for last in (False, True):
            try:
                return await self._client.get(self._base_url + path, params=dict(params), headers=headers)
            except httpx.HTTPError as failed:
                if last:
                    raise LookFailed(type(failed).__name__) from failed
        raise AssertionError
