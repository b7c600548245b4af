"""Keys of the issuer: one that was withdrawn is good for a while only, and the last ones serve while it is away."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import Request
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from prometheus_client import REGISTRY

from dunlin_kernel.clock import FrozenClock
from dunlin_kernel.ids import new_id
from dunlin_kit.auth import Authenticator
from dunlin_kit.issuer_keys import LONGEST_SECONDS, Keys
from dunlin_kit.problems import Refusal
from dunlin_kit.testing import AUDIENCE, ISSUER, TestIssuer

MAX_AGE = 300


class Asked:
    """A service that knows an issuer by its file of keys, and a clock that is moved."""

    def __init__(self, folder: Path) -> None:
        self.clock = FrozenClock(datetime(2026, 1, 5, tzinfo=UTC))
        self.issuer = TestIssuer(folder, self.clock)
        self.keys = Keys(str(self.issuer.jwks), self.clock, service="toy", max_age=MAX_AGE)
        self._authenticator = Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=self.keys, clock=self.clock)
        self._token = self.issuer.token("notes:read", tenant=new_id(), exp=4_000_000_000)

    async def answer(self, token: str = "") -> int:
        """The status that a token has, which never ends by itself."""
        given = f"Bearer {token or self._token}".encode()
        try:
            await self._authenticator.principal(Request({"type": "http", "headers": [(b"authorization", given)]}))
        except Refusal as refused:
            return refused.status
        return 200

    def withdraw(self, *, name: str | None) -> None:
        """The issuer has another key of this name now; or none at all."""
        other = TestIssuer(self.issuer.jwks.parent).jwks.read_text().replace('"test"', f'"{name}"')
        self.issuer.jwks.write_text(other if name else '{"keys": []}')


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def failures() -> float:
    return REGISTRY.get_sample_value("dunlin_jwks_failures_total", {"service": "toy"}) or 0


@pytest.mark.parametrize("name", ["other", "test", None])
async def test_a_key_that_was_withdrawn_is_good_until_the_keys_are_old_and_no_longer(
    asked: Asked, name: str | None,
) -> None:
    assert await asked.answer() == 200
    asked.withdraw(name=name)
    asked.clock.advance(seconds=MAX_AGE - 1)
    assert await asked.answer() == 200
    asked.clock.advance(seconds=1)
    assert await asked.answer() == 401, "though it was verified and remembered"


async def test_what_was_verified_is_remembered_while_the_issuer_has_the_same_keys(asked: Asked) -> None:
    assert await asked.answer() == 200
    keys = await asked.keys.current()
    asked.clock.advance(seconds=MAX_AGE)
    assert await asked.answer() == 200
    assert await asked.keys.current() is keys


@pytest.mark.parametrize("broken", [
    lambda file: file.unlink(), lambda file: file.write_text("<html>"), lambda file: file.write_text('{"keys": 5}'),
    lambda file: file.write_text("[]")])
async def test_the_last_keys_serve_for_an_hour_while_the_issuer_is_away(
    asked: Asked, broken: Callable[[Path], None],
) -> None:
    assert await asked.answer() == 200
    kept, before = asked.issuer.jwks.read_text(), failures()
    broken(asked.issuer.jwks)
    asked.clock.advance(seconds=LONGEST_SECONDS)
    assert await asked.answer() == 200
    assert await asked.answer() == 200, "it is not asked again at once"
    assert failures() == before + 1
    asked.clock.advance(seconds=10)
    assert await asked.answer() == 503
    assert failures() == before + 2
    asked.issuer.jwks.write_text(kept)
    asked.clock.advance(seconds=10)
    assert await asked.answer() == 200


async def test_without_any_keys_nobody_is_known(asked: Asked) -> None:
    kept = asked.issuer.jwks.read_text()
    asked.issuer.jwks.unlink()
    assert await asked.answer() == 503
    asked.issuer.jwks.write_text(kept)
    assert await asked.answer() == 200, "asked again at once: there is nothing that could serve"


async def test_a_key_that_is_not_known_is_looked_for_at_most_every_ten_seconds(asked: Asked) -> None:
    assert await asked.answer() == 200
    new = OKPKey.generate_key("Ed25519", {"kid": "new"})
    asked.issuer.jwks.write_text(json.dumps(KeySet([asked.issuer._key, new]).as_dict(private=False)))
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "clerk", "exp": 4_000_000_000}
    token = jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": "new"}, claims, new, algorithms=["Ed25519"])
    asked.clock.advance(seconds=9)
    assert await asked.answer(token) == 401
    asked.clock.advance(seconds=1)
    assert await asked.answer(token) == 200
    assert await asked.answer() == 200


async def test_whoever_asks_while_the_issuer_is_asked_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP: the issuer keeps one request waiting, and no other."""
    clock, answered, asked_for = FrozenClock(datetime(2026, 1, 5, tzinfo=UTC)), asyncio.Event(), asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        asked_for.set()
        await answered.wait()
        return httpx.Response(200, json={"keys": []})

    client = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **_: client(transport=httpx.MockTransport(answer)))
    keys = Keys("http://issuer.test/jwks", clock, service="toy", max_age=MAX_AGE)
    answered.set()
    first = await keys.current()
    answered.clear()
    asked_for.clear()
    clock.advance(seconds=MAX_AGE)
    waiting = asyncio.create_task(keys.current())
    await asked_for.wait()
    assert await keys.current() is first
    answered.set()
    assert await waiting is first
