"""One port for all: where a path goes, what the merged document holds, the reference page, the probes."""

import threading
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field

from dunlin_local.documents import FOLDER, documents_of, merged
from dunlin_local.front import Front
from dunlin_local.reference import page_of, reference, type_of


class Grade(StrEnum):
    A = "a"


class WidgetRead(BaseModel):
    """A widget & its grade."""

    name: str = Field(description="Shown as <b>it is</b>.")
    grade: Grade
    parent: str | None


def service(name: str, *, ready: bool = True) -> FastAPI:
    app = FastAPI(title=name, version="9", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(f"/{name}/v1/widgets", operation_id=f"list_{name}_widgets")
    async def widgets(limit: int = 3) -> list[WidgetRead]:
        """All widgets."""
        return [WidgetRead(name=name, grade=Grade.A, parent=None)]

    @app.get("/readyz", include_in_schema=False, status_code=200 if ready else 503)
    async def readyz() -> str:
        return "ready"

    return app


def client_of(**ready: bool) -> httpx.AsyncClient:
    apps = {name: service(name, ready=is_ready) for name, is_ready in ready.items()}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=Front(apps, reference(apps))), base_url="http://front")


async def test_a_path_goes_to_its_service() -> None:
    async with client_of(left=True, right=True) as client:
        assert (await client.get("/left/v1/widgets")).json()[0]["name"] == "left"
        assert (await client.get("/right/v1/widgets")).json()[0]["name"] == "right"
        nowhere = await client.get("/elsewhere/v1/widgets")
        assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no_such_path")
        assert nowhere.headers["content-type"] == "application/problem+json"
        unasked = await client.post("/docs")
        assert (unasked.status_code, unasked.json()["code"]) == (405, "method_not_allowed")


async def test_it_is_ready_when_all_are() -> None:
    async with client_of(left=True, right=True) as client:
        assert (await client.get("/readyz")).status_code == 200
    async with client_of(left=True, right=False) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "not ready: right")
        assert (await client.get("/livez")).status_code == 200


async def test_the_reference_is_the_committed_document_and_its_page_is_made_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made_by: list[threading.Thread] = []

    def made(document: Mapping[str, Any]) -> str:
        made_by.append(threading.current_thread())
        return page_of(document)

    monkeypatch.setattr("dunlin_local.reference.page_of", made)
    async with client_of(left=True) as client:
        assert (await client.get("/")).headers["location"] == "/docs"
        pages = [await client.get("/docs") for _ in range(2)]
        document = await client.get("/openapi.json")
    assert document.headers["content-type"] == "application/json"
    assert document.content == (FOLDER / "dunlin.json").read_bytes()
    assert all("register_customer" in page.text for page in pages)
    assert "default-src 'none'" in pages[0].headers["content-security-policy"]
    assert len(made_by) == 1
    assert made_by[0] is not threading.current_thread()


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = page_of(merged({name: service(name).openapi() for name in ("left", "right")}))
    assert "list_left_widgets" in page
    assert "list_right_widgets" in page
    assert "Shown as &lt;b&gt;it is&lt;/b&gt;." in page
    assert "src=" not in page
    assert "http" not in page


def test_two_different_things_under_one_name_are_refused() -> None:
    left, right = service("left").openapi(), service("right").openapi()
    right["components"]["schemas"]["WidgetRead"]["description"] = "Something else."
    with pytest.raises(ValueError, match="schemas name WidgetRead"):
        merged({"left": left, "right": right})


def test_each_service_has_a_document_and_all_have_one() -> None:
    documents = documents_of({"left": service("left"), "right": service("right")})
    assert list(documents) == ["left-svc", "right-svc", "dunlin"]
    assert documents["dunlin"]["info"]["version"] == "9"
    assert page_of(documents["dunlin"]).count('class="op"') >= 4


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Grade"}, "Grade"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Grade"}}, "list of Grade"),
        ({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}, "string (uuid) or null"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map to string"),
        ({"const": "x"}, "“x”"),
        ({"enum": ["a", "b"]}, "one of a, b"),
        ({}, "anything"),
    ],
)
def test_a_schema_in_words(schema: dict[str, object], words: str) -> None:
    assert type_of(schema) == words
