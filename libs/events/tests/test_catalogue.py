"""What is written about the facts is what the contracts say, and nothing that was promised is ever taken back."""

import copy
import json
import re
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from dunlin_events import catalogue
from dunlin_events.catalogue import ROOT, corpus_of, differences, facts, main, written
from dunlin_events.contracts.base import FACTS, CustomerEvent, Event
from dunlin_events.schemas import Schema, bare, broken_promises, schema_of
from dunlin_events.topics import MANIFEST, PARTITIONS, TOPICS

FACT = pytest.mark.parametrize("contract", facts(), ids=lambda contract: contract.wire_type())


def test_every_file_says_what_the_contracts_say() -> None:
    assert differences(ROOT) == [], "run: python -m dunlin_events.catalogue"


@FACT
def test_a_contract_has_examples_that_hold(contract: type[Event]) -> None:
    """They pass the closed contract of the writer, come back the same from the wire, and keep the published schema."""
    judge = Draft202012Validator(schema_of(contract), format_checker=FormatChecker())
    assert len(contract.examples) >= 2
    for example in contract.examples:
        fact = contract.model_validate_json(json.dumps(example))
        sent = json.loads(fact.model_dump_json())
        assert sent.keys() == example.keys()
        judge.validate(example)
        judge.validate(sent)


@FACT
def test_a_schema_is_one_and_stays_open(contract: type[Event]) -> None:
    schema = schema_of(contract)
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    assert judge.is_valid({**contract.examples[0], "a_field_of_later": 1})
    for field in schema["required"]:
        assert not judge.is_valid({name: value for name, value in contract.examples[0].items() if name != field})


@FACT
def test_what_was_once_published_still_reads(contract: type[Event]) -> None:
    corpus = corpus_of(contract, ROOT)
    assert corpus
    for past in corpus:
        assert len(past["examples"]) >= 2
        for example in past["examples"]:
            assert contract.read(json.dumps(example).encode()).wire_type() == contract.wire_type()
        assert broken_promises(past["schema"], schema_of(contract)) == []


@FACT
def test_each_version_is_read_by_the_hearers_of_each(contract: type[Event]) -> None:
    """An example holds against the schema of its own version, and against those of all before, but for new values."""
    corpus = corpus_of(contract, ROOT)
    for at, past in enumerate(corpus):
        for example in past["examples"]:
            Draft202012Validator(past["schema"]).validate(example)
            for earlier in corpus[:at]:
                Draft202012Validator(_without_lists(earlier["schema"])).validate(example)


def _without_lists(node: Any) -> Any:
    """The schema without its lists of values, which may grow."""
    if isinstance(node, dict):
        return {key: _without_lists(value) for key, value in node.items() if key != "enum"}
    return [_without_lists(one) for one in node] if isinstance(node, list) else node


def test_no_published_fact_may_vanish() -> None:
    kept = {path.stem for path in (ROOT / catalogue.GOLDEN).glob("*.json")}
    assert kept == {contract.wire_type() for contract in facts()}


def test_no_field_names_a_person_or_an_address() -> None:
    """Of personal data only the number of contacts travels; a natural person's name stays at home."""
    banned = re.compile(r"e?mail$|phone|street|address|iban|bank_account|(first|last|contact)_name|note$|comment")
    for contract in facts():
        names = [name for part in _objects(schema_of(contract)) for name in part.get("properties", {})]
        assert [name for name in names if banned.search(name)] == [], contract.wire_type()


def _objects(schema: Schema) -> list[Schema]:
    return [schema, *schema.get("$defs", {}).values()]


def test_the_asyncapi_document_holds_together() -> None:
    document = yaml.safe_load(written()[Path("openapi/asyncapi.yaml")])
    assert document["asyncapi"] == "3.0.0"
    messages = document["components"]["messages"]
    reached = [key for channel in document["channels"].values() for key in channel["messages"]]
    assert sorted(reached) == sorted(messages) and len(messages) == len(facts())
    assert {channel["address"] for channel in document["channels"].values()} == {
        "dunlin-customer", "dunlin-billing", "dunlin-credit", "dunlin-notify"}  # fmt: skip
    for reference in _references(document):
        place, _, pointer = reference.partition("#")
        found = json.loads((ROOT / "openapi" / place).read_text()) if place else document
        for step in pointer.strip("/").split("/") if pointer else []:
            found = found[step]
        assert found
    assert all(len(message["examples"]) >= 2 for message in messages.values())


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [found for value in node.values() for found in _references(value)]
    return [found for one in node for found in _references(one)] if isinstance(node, list) else []


def test_topics_keep_everything() -> None:
    topics = json.loads(written()[Path("deploy/kafka/topics.json")])
    assert {topic["name"]: topic["partitions"] for topic in topics} == MANIFEST
    assert [MANIFEST[name] for name in TOPICS] == [PARTITIONS] * 4
    kept = {"cleanup.policy": "delete", "retention.ms": "-1"}
    assert all(topic["configs"].items() >= kept.items() for topic in topics)
    script = written()[Path("deploy/kafka/topics.sh")]
    assert all(f"\nensure {topic['name']} {topic['partitions']}\n" in script for topic in topics)


def test_the_page_has_one_row_per_fact() -> None:
    page = written()[Path("docs/events.md")]
    for contract in facts():
        assert page.count(f"| `{contract.wire_type()}` |") == 1


def test_writing_twice_changes_nothing_and_strays_go(tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--root", str(tmp_path), "--check"]) == 0
    before = {path: path.read_text() for path in tmp_path.rglob("*.*") if path.is_file()}
    stray = tmp_path / "openapi/schemas/dunlin.billing.Gone.v1.json"
    stray.write_text("{}")
    assert main(["--root", str(tmp_path), "--check"]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert before == {path: path.read_text() for path in tmp_path.rglob("*.*") if path.is_file()}


def test_a_broken_promise_is_refused_until_it_is_said_that_nobody_heard_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _fact({"seen_on": str})
    monkeypatch.setattr(catalogue, "facts", lambda: [first])
    assert main(["--root", str(tmp_path)]) == 0

    grown = _fact({"seen_on": str, "remark": (str | None)}, {"remark": None})
    monkeypatch.setattr(catalogue, "facts", lambda: [grown])
    assert main(["--root", str(tmp_path)]) == 0
    assert len(corpus_of(grown, tmp_path)) == 2

    other = _fact({"seen_at": str})
    monkeypatch.setattr(catalogue, "facts", lambda: [other])
    assert main(["--root", str(tmp_path)]) == 1
    assert "$.seen_on is gone" in capsys.readouterr().err
    assert len(corpus_of(other, tmp_path)) == 2
    assert main(["--root", str(tmp_path), "--unreleased"]) == 0
    assert len(corpus_of(other, tmp_path)) == 1


def test_the_corpus_cannot_begin_anew_once_there_was_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _fact({"seen_on": str})
    monkeypatch.setattr(catalogue, "facts", lambda: [first])
    assert main(["--root", str(tmp_path)]) == 0
    (tmp_path / catalogue.RELEASED).touch()
    other = _fact({"seen_at": str})
    monkeypatch.setattr(catalogue, "facts", lambda: [other])
    assert main(["--root", str(tmp_path), "--unreleased"]) == 1
    assert "RELEASED is there" in capsys.readouterr().err
    assert corpus_of(other, tmp_path) == [{"schema": bare(schema_of(first)), "examples": list(first.examples)}]


def test_promises_are_kept_over_all_versions_and_not_only_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A field that comes, goes and comes back would keep every promise to the version before the present one."""
    grown = _fact({"seen_on": str, "remark": (str | None)}, {"remark": None})
    monkeypatch.setattr(catalogue, "facts", lambda: [grown])
    assert main(["--root", str(tmp_path)]) == 0
    monkeypatch.setattr(catalogue, "facts", lambda: [_fact({"seen_on": str})])
    assert main(["--root", str(tmp_path)]) == 1
    assert "$.remark is gone" in capsys.readouterr().err

    kept = tmp_path / catalogue.GOLDEN / f"{grown.wire_type()}.json"
    between = {"schema": bare(schema_of(_fact({"seen_on": str}))), "examples": []}
    kept.write_text(json.dumps([*json.loads(kept.read_text()), between]))
    assert catalogue.breaches(grown, tmp_path) == [f"{grown.wire_type()}: $.remark is gone"]


def _fact(fields: dict[str, Any], defaults: dict[str, Any] | None = None) -> type[Event]:
    """A made-up fact that leaves no trace in the list of contracts."""
    customer = "01970000-0000-7000-8000-000000000001"
    examples = tuple({"customer_id": customer, **dict.fromkeys(fields, at)} for at in "ab")
    body = {
        "__doc__": "A bird was seen.",
        "__annotations__": {"owner": ClassVar[str], "examples": ClassVar[tuple[dict[str, object], ...]], **fields},
        "__module__": __name__,
        "owner": "billing",
        "examples": examples,
        **(defaults or {}),
    }
    made = cast("type[Event]", type("BirdSeen", (CustomerEvent,), body))
    del FACTS[made.wire_type()]
    return made


BASE: Schema = {
    "type": "object",
    "required": ["amount", "kind"],
    "properties": {
        "amount": {"$ref": "#/$defs/Amount"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "due_on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Amount"}},
    },
    "$defs": {"Amount": {"type": "object", "required": ["n"], "properties": {"n": {"type": "string", "maxLength": 9}}}},
}


def changed(*path: str, to: Any) -> Schema:
    schema = copy.deepcopy(BASE)
    node = schema
    for step in path[:-1]:
        node = node[step]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return schema


@pytest.mark.parametrize(
    "new",
    [
        BASE,
        changed("properties", "more", to={"type": "string"}),
        changed("properties", "kind", "enum", to=["a", "b", "c"]),
        changed("required", to=["amount", "kind", "lines"]),
        changed("properties", "kind", "description", to="said better"),
    ],
)
def test_adding_keeps_every_promise(new: Schema) -> None:
    assert broken_promises(BASE, new) == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (changed("properties", "kind", to=None), "$.kind is gone"),
        (changed("required", to=["kind"]), "$.amount may be missing"),
        (changed("properties", "kind", "enum", to=["a"]), "$.kind never is 'b' any more"),
        (changed("properties", "kind", "enum", to=None), "$.kind: enum came or went"),
        (changed("properties", "due_on", "anyOf", to=[{"type": "null"}]), "$.due_on had 2 forms and has 1"),
        (changed("properties", "kind", "type", to="integer"), "$.kind: type was 'string' and is 'integer'"),
        (changed("$defs", "Amount", "properties", "n", "maxLength", to=8), "$.amount.n: maxLength was 9 and is 8"),
        (changed("$defs", "Amount", "required", to=[]), "$.lines[].n may be missing"),
    ],
)
def test_taking_back_is_seen(new: Schema, said: str) -> None:
    assert said in broken_promises(BASE, new)
