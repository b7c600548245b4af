"""Finding a route: what the shape of a path leads to is what trying every route in order would have found."""

from itertools import product

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match

from dunlin_kit.paths import Paths

ROUTER = APIRouter()


@ROUTER.get("/toy/v1/notes")
@ROUTER.post("/toy/v1/notes")
@ROUTER.post("/toy/v1/notes:batch")
@ROUTER.get("/toy/v1/notes/newest")
@ROUTER.get("/toy/v1/notes/{note_id}")
@ROUTER.post("/toy/v1/notes/{note_id}:close")
@ROUTER.get("/toy/v1/{anything}/of/{note_id}")
@ROUTER.get("/livez")
async def endpoint() -> None:
    """One for all of them."""


ASKED = ("/toy/v1/notes", "/toy/v1/notes:batch", "/toy/v1/notes/newest", "/toy/v1/notes/7", "/toy/v1/notes/7:close",
         "/toy/v1/notes/", "/toy/v1/more/of/7", "/livez", "/", "/toy", "/nowhere/at/all")


@pytest.mark.parametrize(("method", "path"), list(product(("GET", "POST", "PUT"), ASKED)))
def test_the_first_route_that_takes_it_is_found(method: str, path: str) -> None:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    first = next((route for route in ROUTER.routes if route.matches(scope)[0] is Match.FULL), None)
    match, found = Paths(ROUTER.routes).matches(scope)
    if match is Match.FULL:
        assert found["route"] is first
    else:
        assert first is None or (isinstance(first, APIRoute) and "{anything}" in first.path)


def test_another_method_is_left_to_those_behind_it() -> None:
    scope = {"type": "http", "method": "DELETE", "path": "/toy/v1/notes", "root_path": "", "headers": []}
    assert Paths(ROUTER.routes).matches(scope) == (Match.NONE, {})
