"""What a subscriber keeps in its database: how far it has heard each stream, what waits, and what came of it.

`python books.py books.sqlite` shows it; with `--begin-anew` it is emptied first, to be told all anew.
"""

import json
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from typing import Any

Fact = Mapping[str, Any]
"""A fact in its envelope: CloudEvents attributes by name, and `data`."""

TABLES = """
CREATE TABLE IF NOT EXISTS watermark (stream TEXT PRIMARY KEY, era INT, sequence INT, id TEXT, doubted INT DEFAULT 0);
CREATE TABLE IF NOT EXISTS waiting (stream TEXT, sequence INT, fact TEXT, PRIMARY KEY (stream, sequence));
CREATE TABLE IF NOT EXISTS account (customer TEXT, currency TEXT, open TEXT, unapplied TEXT, facts INT,
                                    PRIMARY KEY (customer, currency));
CREATE TABLE IF NOT EXISTS told (era INT, part INT, PRIMARY KEY (era, part));
CREATE TABLE IF NOT EXISTS place (feed TEXT PRIMARY KEY, cursor TEXT, begun_again INT DEFAULT 0);
CREATE TABLE IF NOT EXISTS history (only INT PRIMARY KEY DEFAULT 1, least INT DEFAULT 0, refused INT DEFAULT 0);
INSERT OR IGNORE INTO history DEFAULT VALUES;
"""


class NewEra(Exception):
    """The owner was restored from a backup, and its history is another than the one heard: begin anew.

    `era` is the first that may tell the history that lives.
    """

    def __init__(self, said: str, era: int) -> None:
        super().__init__(f"{said}: begin anew")
        self.era = era


class Books:
    """A projection of one owner's facts with its inbox, in one database, so that both change in one transaction."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, timeout=30)
        self.database.executescript(TABLES)

    def hear(self, facts: Iterable[Fact], *, feed: str = "", cursor: str = "", is_all: bool = False) -> None:
        """Apply each fact once, in the order of its stream: all of them, and the place, or nothing. Raises NewEra.

        `is_all` says of a feed that there is no more at the moment.
        """
        try:
            with self.database:
                [least] = self.database.execute("SELECT least FROM history").fetchone()
                for fact in facts:
                    if int(fact["era"]) >= least:
                        self._hear_one(fact)
                if cursor:
                    self.database.execute("INSERT INTO place VALUES (?1, ?2, 0) ON CONFLICT DO UPDATE SET cursor = ?2",
                                          (feed, cursor))
                if is_all and self._ends_again(feed):
                    self._none_doubted("doubted", 0)  # a feed tells of no earlier era
        except NewEra as other:
            with self.database:
                self.database.execute("UPDATE history SET refused = ?", (other.era,))
            raise

    def join(self, era: int) -> None:
        """Before the first fact: the owner tells in this era by now, and what is told of earlier ones is no more."""
        with self.database:
            self.database.execute(
                "UPDATE history SET least = max(least, ?) WHERE NOT EXISTS (SELECT 1 FROM watermark)", (era,))

    def begin_anew(self) -> None:
        """After NewEra: forget all but which era was refused, for what is told of earlier ones is no more."""
        with self.database:
            for table in ("watermark", "waiting", "account", "told", "place"):
                self.database.execute(f"DELETE FROM {table}")  # noqa: S608  ours
            self.database.execute("UPDATE history SET least = max(least, refused), refused = 0")

    def begin_again(self, feed: str) -> None:
        """The owner was restored: its feed is read from the first fact on, and each stream is doubted until then."""
        with self.database:
            self.database.execute("UPDATE watermark SET doubted = 1")
            self.database.execute("UPDATE place SET cursor = NULL, begun_again = 1 WHERE feed = ?", (feed,))

    def cursor(self, feed: str) -> str | None:
        found = self.database.execute("SELECT cursor FROM place WHERE feed = ?", (feed,)).fetchone()
        return found[0] if found else None

    def doubts(self) -> list[str]:
        """Streams of which a new era has told, and not yet the last fact heard."""
        rows = self.database.execute("SELECT stream, sequence FROM watermark WHERE doubted ORDER BY stream")
        return [f"{stream}: fact {heard} has not come again" for stream, heard in rows]

    def holes(self) -> list[str]:
        """Streams that stand still because a fact is missing, as `stream: 3 is missing`."""
        rows = self.database.execute(
            "SELECT w.stream, coalesce(m.sequence, 0) + 1 FROM waiting w LEFT JOIN watermark m USING (stream) "
            "GROUP BY w.stream ORDER BY w.stream")
        return [f"{stream}: {missing} is missing" for stream, missing in rows]

    def _hear_one(self, fact: Fact) -> None:
        if fact["type"].endswith(".EraTold.v1"):
            self._note_told(fact["data"])
            return
        stream, era, sequence = fact["partitionkey"], int(fact["era"]), int(fact["sequence"])
        mark = self.database.execute("SELECT era, sequence, id FROM watermark WHERE stream = ?", (stream,)).fetchone()
        known_era, heard, heard_id = mark or (era, 0, "")
        if era < known_era:
            return  # of before the restore
        if mark and (sequence == heard or (era > known_era and sequence > heard)):
            self._compare(fact, era > known_era, heard, heard_id)
        elif era > known_era:
            self.database.execute("UPDATE watermark SET doubted = 1 WHERE stream = ?", (stream,))
        if sequence <= heard:
            return  # it came again
        self.database.execute(
            "DELETE FROM waiting WHERE stream = ? AND CAST(json_extract(fact, '$.era') AS INT) < ?", (stream, era))
        self.database.execute(
            "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)", (stream, sequence, json.dumps(dict(fact))))
        self._drain(stream, heard)

    def _compare(self, fact: Fact, is_new_era: bool, heard: int, heard_id: str) -> None:
        """Reading goes on where the last fact heard comes again under its id: in the same era, or in a new one."""
        stream = fact["partitionkey"]
        if (int(fact["sequence"]), fact["id"]) != (heard, heard_id):
            era = int(fact["era"])  # of two stories in one era neither lives: the owner has to begin another
            raise NewEra(f"{stream}: era {era} does not go on from {heard} {heard_id}", era if is_new_era else era + 1)
        if is_new_era:
            self.database.execute("DELETE FROM waiting WHERE stream = ?", (stream,))
        self.database.execute(
            "UPDATE watermark SET era = ?, doubted = 0 WHERE stream = ?", (int(fact["era"]), stream))

    def _note_told(self, said: Mapping[str, int]) -> None:
        """One partition has all that an era begins with. With the last one, no stream may be left in an earlier era."""
        self.database.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (said["era"], said["part"]))
        parts = self.database.execute("SELECT count(*) FROM told WHERE era = ?", (said["era"],)).fetchone()[0]
        if parts == said["parts"]:
            self._none_doubted(f"era < {int(said['era'])}", said["era"])

    def _none_doubted(self, doubted: str, told: int) -> None:
        found = self.database.execute(
            f"SELECT stream, era, sequence, id FROM watermark WHERE {doubted} LIMIT 1").fetchone()  # noqa: S608  ours
        if found:
            stream, era, heard, heard_id = found
            raise NewEra(f"{stream}: all was told again, and {heard} {heard_id} of era {era} was not", told)

    def _ends_again(self, feed: str) -> bool:
        """Whether a feed that was begun again has come to its end."""
        return bool(self.database.execute(
            "UPDATE place SET begun_again = 0 WHERE feed = ? AND begun_again RETURNING feed", (feed,)).fetchall())

    def _drain(self, stream: str, heard: int) -> None:
        """Apply what waits, as long as nothing is missing before it."""
        while found := self.database.execute(
            "DELETE FROM waiting WHERE stream = ? AND sequence = ? RETURNING fact", (stream, heard + 1)
        ).fetchall():
            fact = json.loads(found[0][0])
            self._apply(fact)
            heard += 1
            self.database.execute("INSERT OR REPLACE INTO watermark VALUES (?, ?, ?, ?, 0)",
                                  (stream, int(fact["era"]), heard, fact["id"]))

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
        return {"heard": dict(marks), "accounts": [list(row) for row in accounts],
                "holes": self.holes(), "doubts": self.doubts()}


if __name__ == "__main__":
    books = Books(sys.argv[1])
    if "--begin-anew" in sys.argv:
        books.begin_anew()
    print(json.dumps(books.shown(), indent=2))
