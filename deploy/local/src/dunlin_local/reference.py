"""What stands beside the services on the one port: the merged reference at /docs, its document, the probes."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dunlin_kit import problems
from dunlin_local.documents import FOLDER

DOCUMENT = FOLDER / "dunlin.json"
"""As it is committed: a test holds it to the code, and putting it together anew takes seconds."""

PAGES = Environment(
    loader=PackageLoader("dunlin_local"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)
STANDS_ALONE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
VERBS = ("get", "post", "put", "patch", "delete")


def reference(apps: Mapping[str, FastAPI]) -> Starlette:
    """The application for every path that no service has. What costs time runs in a thread: the loop is everybody's."""

    @cache
    def page() -> bytes:
        return page_of(json.loads(DOCUMENT.read_bytes())).encode()

    def docs(_: Request) -> Response:
        return HTMLResponse(page(), headers=STANDS_ALONE)

    async def home(_: Request) -> Response:
        return RedirectResponse("/docs")

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        waiting = [service for service, app in apps.items() if not await _is_ready(app)]
        text = f"not ready: {', '.join(waiting)}" if waiting else "ready"
        return PlainTextResponse(text, status_code=503 if waiting else 200)

    app = Starlette(
        routes=[
            Route("/", home),
            Route("/docs", docs),
            Route("/openapi.json", _openapi),
            Route("/livez", livez),
            Route("/readyz", readyz),
        ],
        exception_handlers={404: _no_such_path},
    )
    problems.install(app)
    return app


async def _openapi(_: Request) -> Response:
    return FileResponse(DOCUMENT, media_type="application/json")


async def _is_ready(app: FastAPI) -> bool:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://readiness") as client:
        return (await client.get("/readyz")).status_code == 200


async def _no_such_path(request: Request, _: Exception) -> Response:
    return problems.problem(
        request, 404, "no_such_path", "No service has this path. The reference is at /docs.")


def page_of(document: Mapping[str, Any]) -> str:
    """The reference as one page that needs nothing from elsewhere."""
    schemas = document["components"].get("schemas", {})
    return PAGES.get_template("reference.html").render(
        info=document["info"],
        services=_by_service(document["paths"]),
        schemas=sorted(schemas.items()),
        type_of=type_of,
        name_of=_name_of,
    )


def _by_service(paths: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    services: dict[str, list[dict[str, Any]]] = {}
    for path, item in paths.items():
        shown = services.setdefault(path.split("/", 2)[1], [])
        shown += [{"verb": verb, "path": path} | item[verb] for verb in VERBS if verb in item]
    return services


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `InvoiceRead`, `list of string`, `string (uuid) or null`."""
    if name := _name_of(schema):
        return name
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(type_of(option) for option in schema[union])
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {type_of(schema['additionalProperties'])}"
    kind = schema.get("type", "anything")
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)
