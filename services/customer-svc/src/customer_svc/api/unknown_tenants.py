"""Here tenants are made: one that is not known does not exist, and who asks for it is not told to wait."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from dunlin_kernel.errors import NotFound
from dunlin_kit.problems import refused, refuses
from dunlin_kit.tenants import TenantUnknown

_ELSEWHERE: Final = ", tenant_not_known_yet"
_MAKES_ONE: Final = "configure_tenant"


def refused_for_good(app: FastAPI) -> FastAPI:
    """The application, which says by 404 what the others say by 409; consumers and jobs go on waiting."""
    app.add_exception_handler(TenantUnknown, _none)
    app.openapi = _described(app.openapi)  # type: ignore[method-assign]
    return app


async def _none(request: Request, _: Exception) -> Response:
    return await refused(request, NotFound("tenant_not_found", "There is no such tenant."))


def _described(build: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        made = build()
        for operation in (one for path in made["paths"].values() for one in path.values()):
            _say(operation)
        return made

    return document


def _say(operation: dict[str, Any]) -> None:
    """Once: what was said stays so when the document is asked for again."""
    responses = operation["responses"]
    waiting = responses["409"]
    if _ELSEWHERE not in waiting["description"]:
        return
    waiting["description"] = waiting["description"].replace(_ELSEWHERE, "")
    if operation["operationId"] != _MAKES_ONE:
        (found,) = refuses("tenant_not_found", status=404).values()
        if known := responses.get("404"):
            found = {**known, "description": f"{known['description']}, tenant_not_found"}
        responses["404"] = found
