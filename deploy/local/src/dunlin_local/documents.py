"""The OpenAPI documents: one per service as its application says it, and one merged, kept under openapi/."""

import argparse
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from fastapi import FastAPI

from dunlin_local.databases import SERVICES
from dunlin_local.node_settings import nowhere
from dunlin_local.places import CHECKOUT
from dunlin_local.terminal import give_up, progress

FOLDER = CHECKOUT / "openapi"
Document = dict[str, Any]


def merged(documents: Mapping[str, Document]) -> Document:
    """All services in one document. Refuses (ValueError) two different things under one name."""
    first = next(iter(documents.values()))
    whole: Document = {
        "openapi": first["openapi"],
        "info": {
            "title": "Dunlin",
            "version": first["info"]["version"],
            "description": "Accounts receivable: customers, ledger, credit and reminders.",
        },
        "paths": {},
        "components": {},
    }
    for document in documents.values():
        _add(whole["paths"], document["paths"], "path")
        for kind, named in document.get("components", {}).items():
            _add(whole["components"].setdefault(kind, {}), named, kind)
    return whole


def _add(whole: Document, part: Mapping[str, Any], kind: str) -> None:
    for name, value in part.items():
        if whole.setdefault(name, value) != value:
            raise ValueError(f"two services say different things under the {kind} name {name}")


def documents_of(apps: Mapping[str, FastAPI]) -> dict[str, Document]:
    """The document of each service, and `dunlin`, the merged one."""
    own = {service: app.openapi() for service, app in apps.items()}
    return {f"{service}-svc": document for service, document in own.items()} | {"dunlin": merged(own)}


def unconnected_apps() -> dict[str, FastAPI]:
    """The four applications without anything behind them: good for their documents only."""
    return {service: import_module(f"{service}_svc.app").create_app(nowhere(service)) for service in SERVICES}


def committed() -> dict[str, Document]:
    """What is written in `openapi/`, by service: a test holds it to the code, and reading costs nothing."""
    return {service: json.loads((FOLDER / f"{service}-svc.json").read_text("utf-8")) for service in SERVICES}


def run(arguments: argparse.Namespace) -> int:
    """Write the documents, or with `check` name those that differ and return 1."""
    differing = []
    for name, document in documents_of(unconnected_apps()).items():
        path = FOLDER / f"{name}.json"
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        differing.append(path.name)
        if not arguments.check:
            path.write_text(text)
    if differing and arguments.check:
        give_up(f"Not as the code says: openapi/{', '.join(differing)}. Write them with ./dunlin documents.")
    progress.print(f"openapi/: {'wrote ' + ', '.join(differing) if differing else 'all as the code says'}")
    return 0
