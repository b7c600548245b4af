"""The OpenAPI document that a service serves of itself: put together beside the loop, which others need meanwhile."""

import threading
from typing import Any

import pytest

from dunlin_kit.testing import Running


async def test_it_is_put_together_in_a_thread(toy: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by: list[threading.Thread] = []
    build = toy.app.openapi

    def document() -> dict[str, Any]:
        made_by.append(threading.current_thread())
        return build()

    monkeypatch.setattr(toy.app, "openapi", document)
    answer = await toy.client.get("/toy/v1/openapi.json")
    assert answer.json() == build()
    assert "/toy/v1/notes" in answer.json()["paths"]
    assert made_by and threading.current_thread() not in made_by
