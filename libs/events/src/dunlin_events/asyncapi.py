"""The AsyncAPI document: the topics, the envelope and every fact that stands on them."""

from collections.abc import Iterable
from typing import Any

from dunlin_events.contracts.base import Event
from dunlin_events.schemas import sentence_of
from dunlin_events.topics import OWNERS, TOPIC_CONFIGS, TOPICS, topic_of

_ENVELOPE: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("ce_specversion", True, {"const": "1.0", "description": "CloudEvents version."}),
    ("ce_id", True, {"format": "uuid", "description": "The fact's own id, a UUIDv7; the same when it is sent again."}),
    ("ce_source", True, {"description": "Who said it: `/dunlin/<owner>`."}),
    ("ce_type", True, {"description": "`dunlin.<owner>.<fact>.v<major>`"}),
    ("ce_time", True, {"format": "date-time", "description": "When it was recorded, by the machine's clock."}),
    ("ce_subject", True, {"description": "The customer's id; the tenant's for a fact that concerns no customer."}),
    ("ce_dataschema", True, {"description": "`$id` of the payload's JSON Schema."}),
    ("content-type", True, {"const": "application/json", "description": "Of the payload."}),
    ("ce_partitionkey", True, {"description": "The stream, `tenant:customer` or `tenant:`; also the record's key."}),
    ("ce_era", True, {"pattern": "^[0-9]+$", "description": "Grows when the owner's database was restored."}),
    ("ce_sequence", True, {"pattern": "^[0-9]{20}$", "description": "1, 2, 3 ... in its stream, without a gap."}),
    ("ce_correlationid", True, {"description": "Of the request at the beginning of the chain."}),
    ("ce_causationid", False, {"description": "The fact or command that led to this one."}),
    ("ce_recordedtime", True, {"format": "date-time", "description": "The same by the tenant's own clock."}),
    ("ce_tenantid", True, {"format": "uuid", "description": "The legal entity whose books it stands in."}),
    ("ce_traceparent", False, {"description": "W3C trace context of the transaction that recorded it."}),
)  # fmt: skip


def envelope_schema() -> dict[str, Any]:
    """The record headers, as text."""
    return {
        "type": "object",
        "required": [name for name, required, _ in _ENVELOPE if required],
        "properties": {name: {"type": "string", **says} for name, _, says in _ENVELOPE},
    }


def asyncapi(facts: Iterable[type[Event]], version: str) -> dict[str, Any]:
    """An AsyncAPI 3.0 document; payloads are references to the schema files beside it."""
    contracts = sorted(facts, key=lambda contract: contract.wire_type())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dunlin events",
            "version": version,
            "description": "Facts of the past, told by four services. Per stream in order, without a gap, "
            "at least once; a fact says all that its hearers need. Promises in full: docs/events.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {owner: _channel(owner, contracts) for owner in OWNERS},
        "operations": {f"tell-{owner}": _operation(owner) for owner in OWNERS},
        "components": {
            "schemas": {"Envelope": envelope_schema()},
            "messages": {_key(contract): _message(contract) for contract in contracts},
        },
    }


def _key(contract: type[Event]) -> str:
    return f"{contract.owner}.{contract.__name__}.v{contract.major}"


def _channel(owner: str, contracts: list[type[Event]]) -> dict[str, Any]:
    topic = topic_of(owner)
    return {
        "address": topic,
        "description": f"Everything {owner}-svc tells. A record of type dunlin.{owner}.EraTold.v1 is no fact: it ends, "
        "in each partition, what a new era begins with.",
        "messages": {
            _key(one): {"$ref": f"#/components/messages/{_key(one)}"} for one in contracts if one.owner == owner
        },
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": TOPICS[topic],
                "topicConfiguration": {
                    "cleanup.policy": [TOPIC_CONFIGS["cleanup.policy"]],
                    "retention.ms": int(TOPIC_CONFIGS["retention.ms"]),
                    "max.message.bytes": int(TOPIC_CONFIGS["max.message.bytes"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(owner: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{owner}"},
        "summary": f"{owner}-svc tells what happened.",
    }


def _message(contract: type[Event]) -> dict[str, Any]:
    wire_type = contract.wire_type()
    return {
        "name": wire_type,
        "title": contract.__name__,
        "summary": sentence_of(contract),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": {"$ref": f"./schemas/{wire_type}.json"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "The stream."}, "bindingVersion": "0.5.0"},
        },
        "examples": [{"payload": example} for example in contract.examples],
    }
