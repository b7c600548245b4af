"""Writes everything that is said about the facts elsewhere from the contracts: `python -m dunlin_events.catalogue`.

Schemas, the AsyncAPI document, docs/events.md, the topics, and the golden corpus, which keeps for ever what was once
published. `--check` writes nothing and fails if a file does not say what the contracts say. `--unreleased` begins the
corpus anew for facts that were changed before anybody could hear them; it is refused for ever once there is a file
RELEASED beside the corpus, which the first release puts there.
"""

import argparse
import json
import sys
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from dunlin_events import contracts
from dunlin_events.asyncapi import asyncapi
from dunlin_events.contracts.base import FACTS, Event, import_contracts
from dunlin_events.event_pages import events_page
from dunlin_events.schemas import bare, broken_promises, schema_of
from dunlin_events.topics import MANIFEST, TOPIC_CONFIGS

ROOT = Path(__file__).resolve().parents[4]
SCHEMAS = Path("openapi/schemas")
GOLDEN = Path("libs/events/tests/golden")
RELEASED = GOLDEN / "RELEASED"
"""There since the first release: from then on somebody may have heard whatever the corpus has."""

_CREATE_TOPICS = """\
#!/bin/sh
# Creates the topics that are missing and refuses a wrong partition count. Written by dunlin_events.catalogue.
# Settings: KAFKA_BOOTSTRAP, KAFKA_REPLICATION (1), KAFKA_TOPICS (the tool that comes with Kafka).
set -eu
replication=${KAFKA_REPLICATION:-1}

topics() { "${KAFKA_TOPICS:-/opt/kafka/bin/kafka-topics.sh}" --bootstrap-server "$KAFKA_BOOTSTRAP" "$@"; }

ensure() {
    case " $there " in *" $1 "*) return ;; esac
    topics --create --if-not-exists --topic "$1" --partitions "$2" --replication-factor "$replication" \\
        --config min.insync.replicas=$((replication / 2 + 1)) %(configs)s
}

hold() {
    found=$(echo "$described" | sed -n "s/^Topic: *$1[[:space:]].*PartitionCount: *\\([0-9]*\\).*/\\1/p")
    if [ "$found" != "$2" ]; then
        echo "Topic $1 has $found partitions, not $2: a new count needs a new topic, filled by replay." >&2
        exit 1
    fi
}

there=$(topics --list | tr '\\n' ' ')
%(ensured)s
described=$(topics --describe)
%(held)s
"""


def facts() -> list[type[Event]]:
    """All contracts, by wire type."""
    import_contracts()
    return [FACTS[name] for name in sorted(FACTS) if FACTS[name].__module__.startswith(f"{contracts.__name__}.")]


def written() -> dict[Path, str]:
    """Every file but the corpus, as the contracts would have it."""
    told = facts()
    document = asyncapi(told, version("dunlin-events"))
    topics = [{"name": name, "partitions": count, "configs": dict(TOPIC_CONFIGS)} for name, count in MANIFEST.items()]
    configs = " ".join(f"--config {name}={value}" for name, value in TOPIC_CONFIGS.items())
    ensured, held = ("\n".join(f"{verb} {name} {n}" for name, n in MANIFEST.items()) for verb in ("ensure", "hold"))
    return {
        **{SCHEMAS / f"{contract.wire_type()}.json": _json(schema_of(contract)) for contract in told},
        Path("openapi/asyncapi.yaml"): yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120),
        Path("docs/events.md"): events_page(told),
        Path("deploy/kafka/topics.json"): _json(topics),
        Path("deploy/kafka/topics.sh"): _CREATE_TOPICS % {"configs": configs, "ensured": ensured, "held": held},
    }


def corpus_of(contract: type[Event], root: Path) -> list[dict[str, Any]]:
    """What was published of a fact so far, oldest first: each time its schema and its examples."""
    kept = root / GOLDEN / f"{contract.wire_type()}.json"
    found: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else []
    return found


def breaches(contract: type[Event], root: Path) -> list[str]:
    """In which ways any version of a contract, kept or present, does not keep what any earlier one promised.

    A log holds facts of all versions, so that each hearer meets each of them.
    """
    corpus = corpus_of(contract, root)
    versions = [*(past["schema"] for past in corpus), schema_of(contract)]
    found = [one for old, new in combinations(versions, 2) for one in broken_promises(old, new)]
    for past in corpus:
        for example in past["examples"]:
            try:
                contract.read(json.dumps(example).encode())
            except ValueError as refused:
                found.append(f"an old fact is refused: {refused}")
    return [f"{contract.wire_type()}: {one}" for one in dict.fromkeys(found)]


def differences(root: Path) -> list[str]:
    """What is written that the contracts do not say, or the other way round."""
    wanted = written()
    found = [f"{path} is out of date" for path, text in wanted.items() if _read(root / path) != text]
    found += [f"{path.relative_to(root)} belongs to no fact" for path in _strays(root, wanted)]
    for contract in facts():
        corpus = corpus_of(contract, root)
        if not corpus or corpus[-1]["schema"] != bare(schema_of(contract)):
            found.append(f"{GOLDEN / contract.wire_type()}.json lacks the present version")
        found += breaches(contract, root)
    return found


def write(root: Path, *, unreleased: bool) -> list[str]:
    """Bring all files up to date. Returns the breaches of promises; then nothing is written."""
    if unreleased and (root / RELEASED).exists():
        return [f"{RELEASED} is there: what was published stays in the corpus, and a change is a new major version"]
    broken = {contract: breaches(contract, root) for contract in facts()}
    if any(broken.values()) and not unreleased:
        return [one for found in broken.values() for one in found]
    wanted = written()
    for stray in _strays(root, wanted):
        stray.unlink()
    for contract, found in broken.items():
        corpus = [] if found else corpus_of(contract, root)
        if not corpus or corpus[-1]["schema"] != bare(schema_of(contract)):
            corpus.append({"schema": bare(schema_of(contract)), "examples": list(contract.examples)})
        wanted[GOLDEN / f"{contract.wire_type()}.json"] = _json(corpus)
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "deploy/kafka/topics.sh").chmod(0o755)
    return []


def _strays(root: Path, wanted: dict[Path, str]) -> list[Path]:
    return [path for path in sorted((root / SCHEMAS).glob("*.json")) if path.relative_to(root) not in wanted]


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write, or with `--check` compare. Returns 1 if something is amiss."""
    parser = argparse.ArgumentParser(prog="python -m dunlin_events.catalogue")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    parser.add_argument("--unreleased", action="store_true", help="let go of broken promises nobody has heard yet")
    parser.add_argument("--root", type=Path, default=ROOT)
    given = parser.parse_args(arguments)
    amiss = differences(given.root) if given.check else write(given.root, unreleased=given.unreleased)
    for one in amiss:
        sys.stderr.write(f"{one}\n")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
