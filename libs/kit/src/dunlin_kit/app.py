"""The API of a service: its routers on the chassis, its documents in the form that client generators want."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dunlin_kernel.clock import Clock, SystemClock
from dunlin_kit import event_feed, health, operations, parked_events, problems, told_headers
from dunlin_kit.auth import Authenticator
from dunlin_kit.database import RequestDatabase
from dunlin_kit.health import Check
from dunlin_kit.issuer_keys import Keys
from dunlin_kit.limits import Limits
from dunlin_kit.paths import Paths
from dunlin_kit.settings import ServiceSettings
from dunlin_kit.telemetry import Telemetry

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Api:
    """What a service gives its API: name, a title, routers, invariants, problem codes by constraint name."""

    service: str
    title: str
    routers: Sequence[APIRouter]
    checks: Sequence[Check] = ()
    conflicts: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None


def create_api(api: Api, settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    """Put an application together. `app.state.published` is called after each commit that published facts."""
    time = clock or SystemClock()
    database = RequestDatabase(
        settings.database_url.get_secret_value(),
        source=f"/dunlin/{api.service}",
        clock=time,
        pool_size=settings.pool_size,
        conflicts=api.conflicts,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    app = FastAPI(
        title=api.title,
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service, app.state.database = api.service, database
    keys = Keys(settings.jwks, time, service=api.service, max_age=settings.jwks_max_age_seconds)
    app.state.authenticator = Authenticator(
        issuer=settings.issuer, audience=settings.audience, keys=keys, clock=time
    )
    app.state.limits = Limits(settings.requests_per_second, time)
    app.state.cursor_secret = settings.cursor_secret.get_secret_value().encode()
    app.state.published = _nobody
    problems.install(app)
    app.add_route(f"/{api.service}/v1/openapi.json", _described, include_in_schema=False)
    routers = (
        *api.routers,
        operations.router_of(api.service),
        event_feed.router_of(api.service),
        *parked_events.routers_of(api.service),
        health.router_of(api.service, api.checks),
        health.probes(database, api.revision),
    )
    app.router.routes.append(Paths([route for router in routers for route in router.routes]))
    for router in routers:
        app.include_router(router)
    app.add_middleware(Telemetry, service=api.service)
    app.openapi = _document(app, app.openapi)  # type: ignore[method-assign]
    return app


def _described(request: Request) -> Response:
    """No coroutine, so that it runs in a thread: putting the document together takes a second of the loop's time."""
    return JSONResponse(request.app.openapi())


def _nobody() -> None:
    """Nobody waits for facts in this process."""


def _document(app: FastAPI, build: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document without what the framework puts in beside ours."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = tidied(build())
        return app.openapi_schema

    return document


def tidied(document: dict[str, Any]) -> dict[str, Any]:
    """Problems as problem+json only, no models of the framework's own errors, parameters without null, our headers."""
    for operation in (o for path in document["paths"].values() for o in path.values()):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
    components = document.setdefault("components", {})
    found = components.get("schemas", {}) | problems.schemas()
    components["schemas"] = {
        name: found[name] for name in sorted(found) if name not in ("HTTPValidationError", "ValidationError")}
    components["headers"] = told_headers.components()
    return document


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kept = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(kept) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kept[0]}
