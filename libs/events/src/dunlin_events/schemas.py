"""The JSON Schema of each fact, and the promise that a major version is only ever added to."""

from collections.abc import Iterator
from typing import Any

from dunlin_events.contracts.base import Event

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REMARKS = {"title", "description", "examples", "default", "$schema", "$id", "$defs"}
"""Keywords that say something about a value and do not judge it."""


def sentence_of(contract: type[Any]) -> str:
    """The docstring on one line."""
    return " ".join((contract.__doc__ or "").split())


def schema_of(contract: type[Event]) -> Schema:
    """What a hearer may rely on. It is open: later facts of the same major may carry more fields."""
    schema = _opened(contract.model_json_schema(mode="serialization"))
    assert isinstance(schema, dict)
    schema["description"] = sentence_of(contract)
    return {"$schema": DIALECT, "$id": f"dunlin:schema:{contract.wire_type()}", **schema}


def _opened(node: Any) -> Any:
    """The schema without its ban on further fields, docstrings on one line, a single value as a list of one."""
    if isinstance(node, list):
        return [_opened(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _opened(value) for key, value in node.items() if (key, value) != ("additionalProperties", False)}
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    return kept


def bare(schema: Schema) -> Schema:
    """The schema without what is said about values: what stays is what a fact is judged by."""
    kept: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: bare(one) for name, one in value.items()}
        elif key not in ("title", "description", "examples"):
            kept[key] = _bare_part(value)
    return kept


def _bare_part(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare_part(one) for one in value]
    return bare(value) if isinstance(value, dict) else value


def broken_promises(old: Schema, new: Schema) -> list[str]:
    """What a hearer of the old schema could rely on and of the new one cannot; empty when it was only added to.

    Fields may come, if old facts read without them, and a list of values may grow. All else stays as it is.
    """
    return list(_broken(old, new, (old, new), "$"))


def _broken(old: Any, new: Any, roots: tuple[Schema, Schema], at: str) -> Iterator[str]:
    old, new = _followed(old, roots[0]), _followed(new, roots[1])
    for name, property_schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{at}.{name} is gone"
        else:
            yield from _broken(property_schema, new["properties"][name], roots, f"{at}.{name}")
    for name in old.get("required", []):
        if name in new.get("properties", {}) and name not in new.get("required", []):
            yield f"{at}.{name} may be missing"
    for value in old.get("enum", []):
        if value not in new.get("enum", [value]):
            yield f"{at} never is {value!r} any more"
    if "items" in old and "items" in new:
        yield from _broken(old["items"], new["items"], roots, f"{at}[]")
    yield from _other_forms(old, new, roots, at)
    for keyword in sorted((old.keys() | new.keys()) - _REMARKS - {"properties", "required", "enum", "anyOf", "items"}):
        if old.get(keyword) != new.get(keyword):
            yield f"{at}: {keyword} was {old.get(keyword)!r} and is {new.get(keyword)!r}"
    for keyword in ("enum", "items"):
        if (keyword in old) != (keyword in new):
            yield f"{at}: {keyword} came or went"


def _other_forms(old: Any, new: Any, roots: tuple[Schema, Schema], at: str) -> Iterator[str]:
    """A value of several forms (mostly: or null) keeps them all, in their order."""
    before, after = old.get("anyOf", []), new.get("anyOf", [])
    if len(before) != len(after):
        yield f"{at} had {len(before) or 1} forms and has {len(after) or 1}"
    else:
        for one, other in zip(before, after, strict=True):
            yield from _broken(one, other, roots, at)


def _followed(node: Any, root: Schema) -> Any:
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return node
