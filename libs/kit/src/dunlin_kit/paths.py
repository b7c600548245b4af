"""Finding the route of a request: by its method and the shape of its path, not by trying one after another."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

_Shape = tuple[str, int, str]
_RESOURCE = 3
"""`/service/v1/resource/...`: the part by which most paths differ."""


class Paths(BaseRoute):
    """Put before all other routes: knows those whose resource stands in their path; any other request passes by."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._by_shape: dict[_Shape, list[APIRoute]] = defaultdict(list)
        for route in routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    self._by_shape[_shape(method, route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            for route in self._by_shape.get(_shape(scope["method"], scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        raise NoMatchFound(name, path_params)


def _shape(method: str, path: str) -> _Shape:
    parts = path.split("/")
    return method, len(parts), parts[_RESOURCE] if len(parts) > _RESOURCE else ""
