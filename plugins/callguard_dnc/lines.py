"""What is known about each line's registration: what the household declared, and the law where the line is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from callguard import DncStatus, Home, Jurisdiction, country_of, status_of
from callguard_dnc.library import jurisdiction_of
from callguard_dnc.registrations import registered_on
from callguard_dnc.settings import DncConfig, LineDeclaration

_NOTHING = LineDeclaration()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """One line, with all that was declared about it."""

    name: str
    declared: LineDeclaration
    jurisdiction: Jurisdiction | None
    registered_on: date | None
    provenance: str
    number: str = ""
    trouble: str = ""
    "Why its file could not be read."

    def status(self, on: date) -> DncStatus:
        """Return its status for calls of the day *on*, by the calendar where the line is."""
        law = self.jurisdiction
        return status_of(
            law.registry if law else None,
            line=self.name,
            on=on,
            kind=self.declared.kind.value,
            registered_on=self.registered_on,
            not_registered=self.declared.not_registered,
            verified_on=self.declared.verified_on,
            number=self.number,
            jurisdiction=law.id if law else "",
            provenance=self.provenance,
            version=law.version if law else "",
        )


class KnownLines:
    """All lines; one that nobody declared anything about has the law of its country, and an unknown status."""

    def __init__(self, config: DncConfig, home: Home) -> None:
        self._config = config
        self._home = home
        # Files are read now, not while the first call waits.
        self._known = {name: self._line(name) for name in self.names()}
        jurisdiction_of(home.country.lower())

    def names(self) -> list[str]:
        """Return the lines of which the configuration knows something."""
        return sorted({*self._config.lines, *self._home.numbers})

    def find(self, name: str) -> KnownLine:
        """Return the line called *name*."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._line(name)
        return known

    def day(self, name: str, at: datetime) -> date:
        """Return the day of the moment *at* where the line is."""
        return at.astimezone(self._home.zones.get(name, self._home.timezone)).date()

    def _line(self, name: str) -> KnownLine:
        declared = self._config.lines.get(name, _NOTHING)
        number = self._home.numbers.get(name, "")
        law = declared.jurisdiction or (country_of(number) if number else self._home.country).lower()
        since, provenance, trouble = declared.registered_on, self._written(name, declared), ""
        if declared.file and since is None:
            since, trouble = self._from_file(declared.file, number)
            provenance = f"file {declared.file}"
        return KnownLine(
            name=name,
            declared=declared,
            jurisdiction=jurisdiction_of(law),
            registered_on=since,
            provenance=provenance if since or declared.not_registered else "",
            number=number,
            trouble=trouble,
        )

    def _written(self, name: str, declared: LineDeclaration) -> str:
        key = "not_registered" if declared.not_registered else "registered_on"
        where = self._home.written_at(f"lines.{name}.{key}")
        if "console" in where:
            where = ""
        stated = f"declared in {where}" if where else "declared by command"
        return f"{stated}, proof: {declared.proof}" if declared.proof else stated

    def _from_file(self, name: str, number: str) -> tuple[date | None, str]:
        if not number:
            return None, "the line's own number is not known: set lines.…number"
        path = self._home.data_dir / name
        try:
            with path.open(encoding="utf-8", errors="replace") as lines:
                changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
                return registered_on(lines, number, changed), ""
        except OSError as error:
            return None, f"{name} cannot be read: {error.strerror}"
