"""Problems: RFC 9457 documents with stable codes. No submitted value is echoed; nothing falls through as a bare 500."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from dunlin_kernel.errors import Conflict, DomainError, Forbidden, NotFound, NotReady, RuleBroken
from dunlin_kit.database import OutcomeUnknown
from dunlin_kit.pooling import Unavailable
from dunlin_kit.telemetry import ids_of_answer, log

MEDIA_TYPE = "application/problem+json"


class ProblemError(BaseModel):
    """One thing wrong with the request: where (JSON Pointer or parameter name) and what."""

    pointer: str = Field(examples=["/body/amount"])
    code: str
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable and documented; `facts` hold what the refusal rests on, as texts."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None
    code: str
    errors: list[ProblemError]
    facts: dict[str, str]


class Refusal(Exception):
    """A refusal of HTTP itself, before any rule was asked."""

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


STATUSES: tuple[tuple[type[DomainError], int, str], ...] = (
    (NotFound, 404, "Not found"),
    (Forbidden, 403, "Forbidden"),
    (NotReady, 409, "Not there yet"),
    (Conflict, 409, "Conflict"),
    (RuleBroken, 422, "Refused by a rule"),
    (DomainError, 422, "Refused"),
)
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Precondition failed",
    413: "Too large",
    422: "Unprocessable",
    428: "Precondition required",
    429: "Too many requests",
    503: "Unavailable",
}


def refuses(*codes: str, status: int = 422) -> dict[int | str, dict[str, Any]]:
    """The `responses` entry of a route for one status and its codes; join several with `|`.

    It names no model: the framework would build one anew for each status of each route, a fifth of a service's start.
    """
    return {
        status: {
            "description": "Codes: " + ", ".join(codes),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }


def schemas() -> dict[str, Any]:
    """What the entries of `refuses` refer to, for the components of a document."""
    _, made = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = made["$defs"]
    return found


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    title: str = "",
    errors: Sequence[ProblemError] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for one refusal."""
    body = Problem(
        type=f"urn:dunlin:problem:{code}",
        title=title or TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        instance=request.url.path,
        code=code,
        errors=list(errors),
        facts={name: str(value) for name, value in (facts or {}).items() if value is not None},
    )
    return Response(body.model_dump_json(), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a refusal of a rule (DomainError)."""
    assert isinstance(error, DomainError)
    status, title = next((status, title) for kind, status, title in STATUSES if isinstance(error, kind))
    headers = {"Retry-After": "1"} if isinstance(error, NotReady) else {}
    return problem(request, status, error.code, error.detail, title=title, facts=error.facts, headers=headers)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem(request, error.status, error.code, error.detail, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        ProblemError(
            pointer="/" + "/".join(_escaped(part) for part in found["loc"]), code=found["type"], detail=found["msg"]
        )
        for found in error.errors()[:50]
    ]
    return problem(
        request, 422, "invalid_request", "The request is not of the form this operation takes.", errors=errors
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return problem(request, 422, "invalid_request", f"The request cannot be read: {error.detail}")
    code = {404: "no_such_path", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(request, error.status_code, code, str(error.detail), headers=headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    lost = isinstance(error, OutcomeUnknown)
    code = "outcome_unknown" if lost else "database_unavailable"
    detail = (
        "Whether it happened is not known: send the request again with the same Idempotency-Key."
        if lost
        else "The database cannot be reached now, or has no room left; nothing has happened."
    )
    return problem(request, 503, code, detail, headers={"Retry-After": "2"})


async def _unexpected(request: Request, error: Exception) -> Response:
    """It is answered outside all middleware, which gives other answers their ids."""
    log.exception("unexpected error", exc_info=error)
    return problem(request, 500, "internal_error", "Something went wrong here; it was logged.", headers=ids_of_answer())


def _escaped(part: Any) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _allowed(request: Request) -> list[str]:
    """All methods of the path: the router by itself names those of one route only."""
    methods: set[str] = set()
    for route in _leaves(request.app.routes):
        match, _ = route.matches({**request.scope, "method": "ANY"})
        if match.value:
            methods |= getattr(route, "methods", None) or set()
    return sorted(methods)


def _leaves(routes: Sequence[Any]) -> Iterator[Any]:
    """The routes themselves, out of the routers that were included."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _leaves(included.routes) if included is not None else (route,)


def install(app: Starlette) -> None:
    """Every error of an application becomes a problem document."""
    for kind, handler in (
        (DomainError, refused),
        (Refusal, _refusal),
        (RequestValidationError, _invalid),
        (HTTPException, _http),
        (Unavailable, _unavailable),
        (OutcomeUnknown, _unavailable),
        (Exception, _unexpected),
    ):
        app.add_exception_handler(kind, handler)
