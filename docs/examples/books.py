"""What a subscriber keeps in its database: how far it has heard each stream, what waits, and what came of it.

`python books.py books.sqlite` shows it.
"""

import json
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from typing import Any

Fact = Mapping[str, Any]
"""A fact in its envelope: CloudEvents attributes by name, and `data`."""

TABLES = """
CREATE TABLE IF NOT EXISTS watermark (stream TEXT PRIMARY KEY, era INT, sequence INT, id TEXT);
CREATE TABLE IF NOT EXISTS waiting (stream TEXT, sequence INT, fact TEXT, PRIMARY KEY (stream, sequence));
CREATE TABLE IF NOT EXISTS account (customer TEXT, currency TEXT, open TEXT, unapplied TEXT, facts INT,
                                    PRIMARY KEY (customer, currency));
CREATE TABLE IF NOT EXISTS place (feed TEXT PRIMARY KEY, cursor TEXT);
"""


class NewEra(Exception):
    """The owner was restored from a backup, and its history is another than the one heard: begin with empty books."""


class Books:
    """A projection with its inbox, in one database, so that both change in one transaction."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, timeout=30)
        self.database.executescript(TABLES)

    def hear(self, facts: Iterable[Fact], *, feed: str = "", cursor: str = "") -> None:
        """Apply each fact once, in the order of its stream: all of them, and the place, or nothing. Raises NewEra."""
        with self.database:
            for fact in facts:
                self._hear_one(fact)
            if cursor:
                self.database.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", (feed, cursor))

    def cursor(self, feed: str) -> str | None:
        found = self.database.execute("SELECT cursor FROM place WHERE feed = ?", (feed,)).fetchone()
        return found[0] if found else None

    def holes(self) -> list[str]:
        """Streams that stand still because a fact is missing, as `stream: 3 is missing`."""
        rows = self.database.execute(
            "SELECT w.stream, coalesce(m.sequence, 0) + 1 FROM waiting w LEFT JOIN watermark m USING (stream) "
            "GROUP BY w.stream ORDER BY w.stream")
        return [f"{stream}: {missing} is missing" for stream, missing in rows]

    def _hear_one(self, fact: Fact) -> None:
        stream, era, sequence = fact["partitionkey"], int(fact["era"]), int(fact["sequence"])
        mark = self.database.execute("SELECT era, sequence, id FROM watermark WHERE stream = ?", (stream,)).fetchone()
        known_era, heard, heard_id = mark or (era, 0, "")
        if era > known_era and sequence >= heard:
            self._begin_era(fact, heard, heard_id)
        if era < known_era or sequence <= heard:
            return  # it came again
        self.database.execute(
            "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)", (stream, sequence, json.dumps(dict(fact))))
        self._drain(stream, heard)

    def _begin_era(self, fact: Fact, heard: int, heard_id: str) -> None:
        """All comes again in a new era. Where the last fact heard comes again under its id, reading goes on."""
        if (int(fact["sequence"]), fact["id"]) != (heard, heard_id):
            raise NewEra(f"{fact['partitionkey']}: era {fact['era']} does not go on from {heard} {heard_id}")
        self.database.execute("DELETE FROM waiting WHERE stream = ?", (fact["partitionkey"],))
        self.database.execute(
            "UPDATE watermark SET era = ? WHERE stream = ?", (int(fact["era"]), fact["partitionkey"]))

    def _drain(self, stream: str, heard: int) -> None:
        """Apply what waits, as long as nothing is missing before it."""
        while found := self.database.execute(
            "DELETE FROM waiting WHERE stream = ? AND sequence = ? RETURNING fact", (stream, heard + 1)
        ).fetchall():
            fact = json.loads(found[0][0])
            self._apply(fact)
            heard += 1
            self.database.execute(
                "INSERT OR REPLACE INTO watermark VALUES (?, ?, ?, ?)", (stream, int(fact["era"]), heard, fact["id"]))

    def _apply(self, fact: Fact) -> None:
        """Every money fact says what the account is right after it. What carries no account is passed over."""
        account = fact["data"].get("account")
        if account is not None:
            owed = account["open"]
            self.database.execute(
                "INSERT INTO account VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE SET "
                "open = ?3, unapplied = ?4, facts = facts + 1",
                (fact["data"]["customer_id"], owed["currency"], owed["amount"], account["unapplied"]["amount"]))

    def shown(self) -> dict[str, Any]:
        """All that is kept, for a person to look at."""
        marks = self.database.execute("SELECT stream, sequence FROM watermark ORDER BY stream")
        accounts = self.database.execute(
            "SELECT customer, currency, open, unapplied, facts FROM account ORDER BY customer, currency")
        return {"heard": dict(marks), "accounts": [list(row) for row in accounts], "holes": self.holes()}


if __name__ == "__main__":
    print(json.dumps(Books(sys.argv[1]).shown(), indent=2))
