"""What runs in the second process: reading files and answers that may be large or hostile."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from callguard import JSON, Report
from callguard_contacts.carddav.multistatus import Resource, resources
from callguard_contacts.reading.file import read_file
from callguard_contacts.reading.rows import Row, collect

_GONE = (404, 410)


def file(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Return the reading of the file at `path`; ValueError says why there is none."""
    return read_file(Path(str(arguments["path"])), str(arguments["book"]), str(arguments["country"])).facts()


def listing(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Return the cards that the answer in the file at `path` lists: path on the server, address, version."""
    found = _resources(arguments["path"])
    return [[item.path, item.href, item.etag] for item in found if item.may_be_card and item.status < 400]


def cards(arguments: Mapping[str, JSON], report: Report) -> JSON:
    """Return what the answers in the files at `paths` hold, by path on the server.

    Of each card its version, `[uid, name, [numbers]]` or None, and what could not be read; None for one that is gone.
    """
    paths = arguments["paths"]
    if not isinstance(paths, Sequence):
        raise TypeError("paths must be a list")
    found = (item for path in paths for item in _resources(path))
    return {item.path: _card(item, str(arguments["country"])) for item in found if item.card or item.status in _GONE}


def _resources(path: JSON) -> Iterable[Resource]:
    return resources(Path(str(path)).read_bytes())


def _card(item: Resource, country: str) -> JSON:
    from callguard_contacts.reading.vcard import read_vcard  # noqa: PLC0415  (a listing does not need the library)

    if not item.card:
        return None
    row = read_vcard(item.card.encode(), place=item.path.rpartition("/")[2])
    # The server's name of the card stays the same whatever becomes of the uid in it.
    row = Row(place=row.place, uid=item.path, name=row.name, numbers=row.numbers) if isinstance(row, Row) else row
    reading = collect([row], "", country)
    return {
        "etag": item.etag,
        "contact": reading.facts()["contacts"],
        "unreadable": [problem.facts() for problem in reading.unreadable],
        "without_number": reading.without_number,
    }
