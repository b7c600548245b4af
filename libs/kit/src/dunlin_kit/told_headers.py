"""Headers of an answer as the API document declares them: by what its route does, and by what its operation tells."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi.responses import Response

Responses = dict[int | str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Tells:
    """Stands in the type of a parameter by which an operation sets these headers of its answer."""

    headers: tuple[str, ...]


Tagged = Annotated[Response, Tells(("ETag",))]
Located = Annotated[Response, Tells(("Location",))]
Made = Annotated[Response, Tells(("ETag", "Location"))]

OF_A_WRITE = ("Dunlin-Position", "Idempotency-Replayed")
OF_A_REFUSAL: Mapping[str, tuple[str, ...]] = {
    "401": ("WWW-Authenticate",), "409": ("Retry-After",), "429": ("Retry-After",), "503": ("Retry-After",)}
_MEANING = {
    "ETag": "The version, to be sent as If-Match with a change.",
    "Location": "Where what was made, or the work that was begun, can be read.",
    "Link": "The next page, with rel=next; not there on the last.",
    "Dunlin-Position": "How far its streams are by this answer, to be sent as min_position; where facts were told.",
    "Idempotency-Replayed": "true, where this is the first answer to its Idempotency-Key once more.",
    "Retry-After": "Seconds after which the same request may do; where waiting helps.",
    "WWW-Authenticate": "Bearer.",
}


def _component(header: str) -> str:
    return header.replace("-", "")


def components() -> dict[str, Any]:
    """What the entries of a document refer to."""
    return {_component(name): {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in sorted(_MEANING.items())}


def told_by(endpoint: Callable[..., Any]) -> tuple[str, ...]:
    """The headers that this operation sets itself."""
    return tuple(
        header for parameter in inspect.signature(endpoint).parameters.values()
        for said in getattr(parameter.annotation, "__metadata__", ()) if isinstance(said, Tells)
        for header in said.headers)


def declared(responses: Responses, status: int, headers: Iterable[str]) -> Responses:
    """With these headers on every success, `status` the usual one, and on each refusal those that go with it."""
    successes = _references(headers)
    usual: Responses = {status: {}}
    whole = usual | responses
    told = {one: successes if str(one) < "300" else _references(OF_A_REFUSAL.get(str(one), ())) for one in whole}
    return {one: {**response, "headers": told[one]} if told[one] else response
            for one, response in whole.items() if response or told[one]}


def _references(headers: Iterable[str]) -> dict[str, Any]:
    return {header: {"$ref": f"#/components/headers/{_component(header)}"} for header in headers}
