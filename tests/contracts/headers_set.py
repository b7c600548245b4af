"""Which headers the operations of an API module set themselves, read from its code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
VERBS = ("get", "post", "put", "patch", "delete")


def headers_set(path: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Each operation of the module that sets any, itself or by a function beside it."""
    module = ast.parse(path.read_text("utf-8"))
    functions = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    for name, function in functions.items():
        if any(_is_route(decorator) for decorator in function.decorator_list):
            found = frozenset(_set_in(function, functions, {name}))
            if found:
                yield name, found


def _is_route(decorator: ast.expr) -> bool:
    return (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr in VERBS)


def _set_in(function: Function, beside: dict[str, Function], seen: set[str]) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "response.headers":
            yield str(ast.literal_eval(node.slice))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = node.func.id
            if called == "set_etag":
                yield "ETag"
            elif called in beside and called not in seen:
                yield from _set_in(beside[called], beside, seen | {called})
