"""The API documents, held to what client generators need: one linter over all four services and the merged document."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from headers_set import headers_set
from openapi_spec_validator import OpenAPIV31SpecValidator

from dunlin_local.databases import SERVICES
from dunlin_local.documents import FOLDER, documents_of, unconnected_apps

ROOT = Path(__file__).parents[2]
VERBS = ("get", "post", "put", "patch", "delete")
WRITES = ("post", "put", "patch", "delete")
PROBLEM = {"$ref": "#/components/schemas/Problem"}
SHARED = {"Problem", "ProblemError", "Amount", "IntegrityRead", "IntegrityCheckRead", "TestClockRead", "StreamSumRead",
          "OperationRead", "OperationFailure", "OperationWait", "OperationStatus", "EventRead", "EventPage",
          "ParkedEventRead", "ParkedEventPage", "ParkedReason", "ParkedStreamRetry", "ParkedEventSkip",
          "ParkedHoleSkip", "KpiPeriod"}
"""Component names that several services have: the chassis' and the kernel's own, the same everywhere."""
CHASSIS_WRITES = ("retry_{}_parked_event", "skip_{}_parked_event", "skip_{}_hole")
"""What every service's chassis does, with no use case of the service."""

WITHOUT_VERSION = {
    "set_credit_limit": "A limit is a fact: none is overwritten, the last one counts, and a raise is judged by all.",
    "set_group_limit": "As a customer's: each is added, and what was set before is kept.",
    "set_classification_rule": "Adds a version and overwrites none: two at once have a number each.",
    "classify_customer": "Says the whole class in one dimension, and reads nothing of what it takes the place of.",
    "remove_absence": "An absence is never changed: whoever removes it has seen all of it.",
}
"""What changes something and asks for no If-Match, and why nobody overwrites unseen."""
OF_REFUSALS = {"401": {"WWW-Authenticate"}, **{status: {"Retry-After"} for status in ("409", "429", "503")}}
ALL_AT_ONCE = {
    **dict.fromkeys((f"list_{service}_events" for service in SERVICES), "The feed goes by `after`, the last position."),
    **dict.fromkeys(("get_kpis", "get_kpis_by_owner", "get_collection_kpis",
                     "get_collection_kpis_by_owner", "get_cash_forecast", "list_journal_balances"),
                    "A report on one snapshot, by period, owner, week or account of the journal."),
    **dict.fromkeys(("list_owing", "list_addressings"), "Of the customers that the request names."),
    "list_ladders": "Each name once, in the version in force: a company has a handful.",
    "list_contacts": "A customer has 100 at most.",
    "list_addresses": "A customer has 50 at most.",
    "list_absences": "One person's: a few in a year.",
    "list_customer_classes": "One for each dimension.",
    "list_templates": "One for each language and tone.",
}
"""Lists that are no pages, and why all of it fits into one answer."""


class Operation(NamedTuple):
    service: str
    path: str
    verb: str
    said: Mapping[str, Any]


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return documents_of(unconnected_apps())


@pytest.fixture(scope="module")
def operations(documents: dict[str, Any]) -> list[Operation]:
    return [Operation(service, path, verb, item[verb]) for service in SERVICES
            for path, item in documents[f"{service}-svc"]["paths"].items() for verb in VERBS if verb in item]


def _schemas(documents: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from documents["dunlin"]["components"]["schemas"].items()


def test_the_committed_documents_are_what_the_code_says(documents: dict[str, Any]) -> None:
    for name, document in documents.items():
        committed = json.loads((FOLDER / f"{name}.json").read_text())
        assert committed == document, f"openapi/{name}.json: write it with ./dunlin documents"


def test_the_merged_document_is_openapi_3_1(documents: dict[str, Any]) -> None:
    assert documents["dunlin"]["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(documents["dunlin"]).iter_errors()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_of_a_service_is_a_part_of_the_merged_one(documents: dict[str, Any], service: str) -> None:
    """Each path and component is there word for word, and what it refers to is in its own document too."""
    own, merged = documents[f"{service}-svc"], documents["dunlin"]
    assert own["openapi"] == merged["openapi"] and set(own) <= {"openapi", "info", "paths", "components", "tags"}
    assert own["paths"].items() <= merged["paths"].items()
    for kind, components in own["components"].items():
        assert components.items() <= merged["components"][kind].items(), kind
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(own))):
        kind, name = re.fullmatch(r"#/components/(\w+)/(\w+)", reference).groups()  # type: ignore[union-attr]
        assert name in own["components"][kind], reference


def test_paths_carry_their_service_and_operation_ids_are_unique(operations: list[Operation]) -> None:
    seen: dict[str, str] = {}
    for operation in operations:
        assert operation.path.startswith(f"/{operation.service}/v1/"), operation.path
        operation_id = operation.said["operationId"]
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation_id), operation_id
        assert operation_id not in seen, f"{operation_id}: {operation.path} and {seen[operation_id]}"
        seen[operation_id] = operation.path


def test_an_operation_that_writes_is_named_as_its_use_case(operations: list[Operation]) -> None:
    for operation in operations:
        name = operation.said["operationId"]
        if operation.verb in WRITES and name not in {one.format(operation.service) for one in CHASSIS_WRITES}:
            if operation.path.endswith(":batch"):
                name = name.removesuffix("s")  # a batch is the same use case with a longer list
            usecase = ROOT / f"services/{operation.service}-svc/src/{operation.service}_svc/usecases/{name}.py"
            assert usecase.exists(), f"{operation.verb} {operation.path} has no usecases/{name}.py"


def test_every_post_declares_its_key_and_every_conditional_change_its_version(operations: list[Operation]) -> None:
    for operation in operations:
        headers = {p["name"].lower() for p in operation.said.get("parameters", ()) if p["in"] == "header"}
        if operation.verb == "post":
            assert "idempotency-key" in headers, operation.path
    changing = (one for one in operations if one.verb in ("patch", "put", "delete"))
    assert {one.said["operationId"] for one in changing if "if-match" not in _parameters(one)} == set(WITHOUT_VERSION)


def test_what_is_changed_without_a_version_is_decided_by_name() -> None:
    decided = (ROOT / "docs/adr/0014-a-limit-is-set-without-if-match.md").read_text()
    assert [name for name in WITHOUT_VERSION if f"`{name}`" not in decided] == []


def _parameters(operation: Operation) -> set[str]:
    return {parameter["name"].lower() for parameter in operation.said.get("parameters", ())}


def test_the_headers_of_an_answer_are_declared_where_they_are_sent(operations: list[Operation]) -> None:
    """Tag and place by what the code of the operation sets, the others by what its route does for all."""
    sets = {name: headers for path in ROOT.glob("services/*/src/*/api/*.py") for name, headers in headers_set(path)}
    assert len(sets) > 80, "the code is read as it is written"
    for operation in operations:
        wanted = set(sets.get(operation.said["operationId"], ()))
        wanted |= {"Link"} if "cursor" in _parameters(operation) else set()
        wanted |= {"Dunlin-Position", "Idempotency-Replayed"} if operation.verb in WRITES else set()
        for status, response in operation.said["responses"].items():
            expected = wanted if status < "300" else OF_REFUSALS.get(status, set())
            assert response.get("headers", {}).keys() == expected, f"{operation.verb} {operation.path} {status}"


def test_path_ids_are_uuids(operations: list[Operation]) -> None:
    for operation in operations:
        for parameter in operation.said.get("parameters", ()):
            if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                assert parameter["schema"].get("format") == "uuid", f"{operation.path}: {parameter['name']}"


def test_every_operation_says_how_it_refuses_in_problems(operations: list[Operation]) -> None:
    for operation in operations:
        responses = operation.said["responses"]
        assert {"401", "403", "422", "503"} <= responses.keys(), operation.path
        for status, response in responses.items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], f"{operation.path} {status}"
                assert response["content"]["application/problem+json"]["schema"] == PROBLEM, operation.path
                assert response["description"].startswith("Codes: "), f"{operation.path} {status}"
        assert operation.said["security"], operation.path
        assert operation.said["description"], f"{operation.path} has no docstring"


def test_every_operation_says_how_a_tenant_is_not_known(operations: list[Operation]) -> None:
    """To wait, for whoever hears of tenants; that it is none, where they are made."""
    for operation in operations:
        said = {status: one["description"] for status, one in operation.said["responses"].items()}
        makes, waits = operation.path.startswith("/customer/"), "tenant_not_known_yet" in said["409"]
        assert waits != makes, operation.path
        none = makes and operation.said["operationId"] != "configure_tenant"
        assert ("tenant_not_found" in said.get("404", "")) == none, operation.path


def test_bodies_and_answers_are_named(operations: list[Operation]) -> None:
    for operation in operations:
        answers = [response for status, response in operation.said["responses"].items() if status < "400"]
        bodies = [operation.said.get("requestBody", {}), *answers]
        for body in bodies:
            for media, content in body.get("content", {}).items():
                if media == "application/json":
                    assert "$ref" in content["schema"], f"{operation.verb} {operation.path}: a body without a name"


def test_component_names_say_one_thing(documents: dict[str, Any]) -> None:
    owners: dict[str, list[str]] = {}
    for service in SERVICES:
        for name in documents[f"{service}-svc"]["components"]["schemas"]:
            assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", name), name
            assert not name.endswith(("Input", "Output")), name
            owners.setdefault(name, []).append(service)
    several = {name for name, services in owners.items() if len(services) > 1}
    assert several <= SHARED, f"one name in several services: {several - SHARED}"
    assert not owners.keys() & {"HTTPValidationError", "ValidationError"}


def test_no_objects_or_enums_without_a_name_inside_models(documents: dict[str, Any]) -> None:
    for name, schema in _schemas(documents):
        for field, inner in schema.get("properties", {}).items():
            for part in _parts(inner):
                assert "properties" not in part, f"{name}.{field} holds an anonymous object"
                assert "enum" not in part, f"{name}.{field} holds an enum without a name"


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for union in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(union, ()):
            yield from _parts(option)
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"])


def test_what_is_read_is_always_there_even_when_null(documents: dict[str, Any]) -> None:
    for name, schema in _schemas(documents):
        if name.endswith(("Read", "Page")):
            missing = schema.get("properties", {}).keys() - set(schema.get("required", ()))
            assert not missing, f"{name}: {missing} may be left out"


def test_unions_have_a_discriminator(documents: dict[str, Any]) -> None:
    for name, schema in _schemas(documents):
        for field, inner in schema.get("properties", {}).items():
            for part in _parts(inner):
                options = [o for o in part.get("anyOf", ()) if o.get("type") != "null"]
                assert len(options) <= 1, f"{name}.{field} is a union without a discriminator"
                assert "oneOf" not in part or "discriminator" in part, f"{name}.{field}"


def test_money_is_never_a_number(documents: dict[str, Any]) -> None:
    amount = documents["dunlin"]["components"]["schemas"]["Amount"]
    assert {name: field["type"] for name, field in amount["properties"].items()} == {
        "amount": "string", "currency": "string"}
    for name, schema in _schemas(documents):
        for field, inner in schema.get("properties", {}).items():
            for part in _parts(inner):
                assert part.get("type") != "number", f"{name}.{field} is a float"


def test_lists_are_pages(operations: list[Operation], documents: dict[str, Any]) -> None:
    schemas, all_at_once = documents["dunlin"]["components"]["schemas"], set()
    for operation in operations:
        said = operation.said["responses"].get("200", {}).get("content", {}).get("application/json", {})
        fields = schemas[said["schema"]["$ref"].split("/")[-1]].get("properties", {}) if said else {}
        if "cursor" in _parameters(operation):
            assert {"data", "next_cursor", "has_more"} <= fields.keys(), operation.path
            limit = next(p for p in operation.said["parameters"] if p["name"] == "limit")
            assert limit["schema"]["maximum"] == 200, operation.path
        elif operation.verb == "get" and fields.get("data", {}).get("type") == "array":
            all_at_once.add(operation.said["operationId"])
    assert all_at_once == set(ALL_AT_ONCE)
