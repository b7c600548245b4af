"""The page docs/events.md: what every hearer may rely on, and one row per fact."""

from collections.abc import Iterable
from typing import Any

from dunlin_events.asyncapi import envelope_schema
from dunlin_events.contracts.base import Event
from dunlin_events.schemas import Schema, schema_of, sentence_of
from dunlin_events.topics import OWNERS, PARTITIONS, topic_of

_OPENING = """\
# Events

This page is written from the contracts by `python -m dunlin_events.catalogue`; a test holds the two together.
Machine-readable: [`openapi/asyncapi.yaml`](../openapi/asyncapi.yaml), one JSON Schema per fact in
[`openapi/schemas`](../openapi/schemas). How to hear them, with code: [subscribing](subscribing.md).

## Promises

* An event is a fact of the past. It is published if and only if the transaction that made it true was committed.
* Facts of one stream come in order and are numbered 1, 2, 3 ... without a gap. A stream is one customer at one owner,
  or the tenant itself for facts that concern no customer. There is no order between streams or between owners.
* Delivery is at least once: the same `ce_id` may come again, always with the same sequence. Whoever keeps, per stream,
  the last sequence seen applies each fact exactly once.
* A fact says all that its hearers need; nobody has to call back. Money facts carry the account's figures right after
  the fact, per currency, so that a hearer can prove its own copy at every step.
* No personal data travels: ids, numbers, codes, amounts and dates; of an organization also its trade name and tax id.
* Topics keep everything; any projection can be rebuilt from the first fact on.
* A major version is only added to: fields may come, lists of values may grow. Hearers pass over fields they do not
  know, and are upgraded before the owner that tells a new value: until then such a fact waits, with its stream, and
  is applied by itself after the upgrade. Anything else is a new major, published beside the old one.
* `ce_era` is 1 until the owner's database had to be restored. Then its facts come again in a new era, whose number is
  larger than all before and no other restore's: a hearer stops at the first one and compares the id at the last
  sequence it knows before it goes on. Once all that the era begins with was told, each partition has a record of type
  `dunlin.<owner>.EraTold.v1`, which is no fact: a stream of which nothing came by then is no more.
  Who has heard nothing yet begins in the era with which the topic ends, and passes over what was told of earlier ones.
* Money is a decimal text with exactly the currency's digits, never a number. Instants are UTC, dates are the tenant's.
"""


def events_page(facts: Iterable[type[Event]]) -> str:
    """The whole page."""
    contracts = sorted(facts, key=lambda contract: contract.wire_type())
    parts = [_OPENING, _envelope()]
    for owner in OWNERS:
        rows = [_row(contract) for contract in contracts if contract.owner == owner]
        if rows:
            opening = f"## What {owner}-svc tells\n\nTopic `{topic_of(owner)}`, {PARTITIONS} partitions.\n"
            table = ["| type | what happened | stream | fields |", "|---|---|---|---|", *rows, ""]
            parts.append("\n".join([opening, *table]))
    parts.append(_parts(contracts))
    return "\n".join(parts)


def _envelope() -> str:
    schema = envelope_schema()
    rows = [
        f"| `{name}` | {'always' if name in schema['required'] else 'if known'} | {says['description']} |"
        for name, says in schema["properties"].items()
    ]
    opening = (
        "## Envelope\n\nCloudEvents 1.0 in binary mode: attributes are record headers, the payload is the record's\n"
        "value, the key is the stream.\n\n| header | | meaning |\n|---|---|---|"
    )
    return "\n".join([opening, *rows, ""])


def _row(contract: type[Event]) -> str:
    stream = "tenant" if contract.concerns is Event.concerns else "customer"
    fields = ", ".join(_fields(schema_of(contract)))
    return f"| `{contract.wire_type()}` | {_cell(sentence_of(contract))} | {stream} | {fields} |"


def _parts(contracts: Iterable[type[Event]]) -> str:
    found: dict[str, Schema] = {}
    for contract in contracts:
        found |= schema_of(contract).get("$defs", {})
    named = sorted(found.items())
    rows = [f"| `{name}` | {_cell(part.get('description', ''))} | {_content(part)} |" for name, part in named]
    opening = ["## Parts and lists of values\n", "| name | meaning | fields or values |", "|---|---|---|"]
    return "\n".join([*opening, *rows, ""])


def _content(part: Schema) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    return ", ".join(_fields(part))


def _fields(schema: Schema) -> list[str]:
    return [f"`{name}` {_form(form)}" for name, form in schema.get("properties", {}).items()]


def _form(schema: Any) -> str:
    """A type in a word: `id`, `date`, `Amount or null`, `list of InvoicedItem`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_form(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_form(schema['items'])}"
    named = {"uuid": "id", "date": "date", "date-time": "instant"}.get(schema.get("format", ""))
    return named or {"string": "text", "boolean": "yes/no"}.get(schema["type"], str(schema["type"]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
