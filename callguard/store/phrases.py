"""The plugins' sentences in SQL, so that old records can be explained after a plugin is gone."""

import sqlite3
from collections.abc import Mapping

from callguard.model.wire import clean

Phrases = Mapping[tuple[str, str], str]
"""(source, code) -> the sentence that explains such evidence, with {fact} places."""


def remember(connection: sqlite3.Connection, phrases: Phrases) -> None:
    """Keep *phrases*, the newest wording of each; those of plugins that are gone stay."""
    rows = [(source, code, clean(sentence)) for (source, code), sentence in phrases.items()]
    connection.executemany(
        "INSERT INTO phrases (source, code, sentence) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET sentence = excluded.sentence WHERE sentence <> excluded.sentence",
        rows,
    )


def recall(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return every sentence ever remembered."""
    rows = connection.execute("SELECT source, code, sentence FROM phrases").fetchall()
    return {(source, code): sentence for source, code, sentence in rows}
