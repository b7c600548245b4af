"""The issuer's public keys: read again when they are old, so that one that was withdrawn is good for no token more."""

import asyncio
import json
from pathlib import Path

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from prometheus_client import Counter

from dunlin_kernel.clock import Clock
from dunlin_kit.problems import Refusal
from dunlin_kit.telemetry import log

LONGEST_SECONDS = 3600
"""So long the keys that were read last serve while the issuer cannot be asked."""
_AGAIN_SECONDS = 10
_UNREADABLE = (httpx.HTTPError, OSError, JoseError, ValueError, KeyError, TypeError, AttributeError)

FAILED = Counter("dunlin_jwks_failures_total", "Readings of the issuer's keys that failed.", ("service",))


class Keys:
    """A file or a URL, read when it is asked for: after `max_age` seconds, and for a key that is not known.

    It is not read again within ten seconds. Whoever asks while it is being read gets what was read before.
    """

    def __init__(self, source: str, clock: Clock, *, service: str, max_age: float) -> None:
        self._source, self._clock, self._service, self._max_age = source, clock, service, max_age
        self._keys: KeySet | None = None
        self._text = ""
        self._read_at = self._tried_at = 0.0
        self._reading = False
        FAILED.labels(service)  # at zero: from no value to one is no increase

    async def current(self) -> KeySet:
        """The same object until the issuer has others. Refuses: issuer_unavailable."""
        if self._keys is None or self._now() - self._read_at >= self._max_age:
            await self._renew()
        return self._served()

    async def knowing(self, kid: str | None) -> KeySet:
        """With this key, where the issuer has one of that name. Refuses: issuer_unavailable."""
        keys = await self.current()
        if kid is None or any(key.kid == kid for key in keys.keys):
            return keys
        await self._renew()
        return self._served()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _served(self) -> KeySet:
        if self._keys is None or self._now() - self._read_at > max(LONGEST_SECONDS, self._max_age):
            raise Refusal(
                503, "issuer_unavailable", "The token issuer's keys cannot be had now.", headers={"Retry-After": "5"})
        return self._keys

    async def _renew(self) -> None:
        now = self._now()
        if self._keys is not None and (self._reading or now - self._tried_at < _AGAIN_SECONDS):
            return
        self._tried_at, self._reading = now, True
        try:
            text = await self._read()
            if self._keys is None or text != self._text:
                said = json.loads(text)
                self._keys, self._text = KeySet.import_key_set(said) if said["keys"] else KeySet([]), text
            self._read_at = now
        except _UNREADABLE as failed:
            FAILED.labels(self._service).inc()
            log.warning("the issuer's keys cannot be read", service=self._service, error=repr(failed))
        finally:
            self._reading = False

    async def _read(self) -> str:
        if not self._source.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self._source).read_text)
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(self._source)
            answer.raise_for_status()
            return answer.text
