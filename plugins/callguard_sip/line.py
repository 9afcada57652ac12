"""One SIP account as a line of the house: joins endpoint, wires and calls, and says how the line is."""

import asyncio
from datetime import datetime, timedelta

from callguard import Home, LineState, LineStatus, Problem, Screen, Severity
from callguard_sip import resolve, wording
from callguard_sip.audio import Announcement, AudioError, announcement
from callguard_sip.calls import Calls, Judging, Reading
from callguard_sip.core.account import Account
from callguard_sip.core.endpoint import Endpoint, Setup
from callguard_sip.core.registration import Standing
from callguard_sip.settings import AccountSettings, split_address
from callguard_sip.shell import Shell
from callguard_sip.transport import Wiring
from callguard_sip.upstream import BlockBy, Treatment, with_tone

_GRACE = 0.25
"Seconds beyond the time a verdict was promised in, before the phones are let ring without it."
_CONTACT_USER = 20
_DNS_PORT = 53
_NO_SOUND = ("sip-announcement", Severity.PROBLEM)
_WEAK = ("sip-weak-password", Severity.NOTE)
_NO_SRV = ("sip-no-srv", Severity.NOTE)
_CROWD = ("sip-many-bindings", Severity.NOTE)


class SipLine:
    """A telephone line behind a SIP registrar."""

    def __init__(self, account: AccountSettings, home: Home, instance: str) -> None:
        self.name = account.line
        self._account = account
        self._home = home
        self._instance = instance
        self._notes: dict[str, Problem] = {}
        self._host, self._port = split_address(account.registrar) if account.registrar else ("", None)
        self._treatment, self._sounds = self._feasible(account.treated)
        self._status = LineStatus.STARTING
        self._since = home.clock.now()
        self._endpoint: Endpoint | None = None
        self._shell: Shell | None = None
        self._weigh_password()

    @property
    def adapter(self) -> str:
        """What drives the line, for people."""
        return f"sip {self._account.registrar or self._account.listen}"

    @property
    def treatment(self) -> Treatment:
        """How verdicts are carried out here."""
        return self._treatment

    async def run(self, screen: Screen) -> None:
        """Hear calls until cancelled, healing by itself; when cancelled, end calls in progress properly."""
        endpoint = self._endpoint = self._new_endpoint()
        async with asyncio.TaskGroup() as group:
            shell = self._shell = Shell(endpoint, self._new_calls(screen), self._wiring(), self._home, self)
            shell.begin(group, self._registrar(), register=self._account.register_)
            try:
                await asyncio.Event().wait()
            finally:
                await shell.stop()
                self._shell = self._endpoint = None
                self.changed()

    def state(self) -> LineState:
        """Return how the line is now."""
        standing = self._standing()
        facts = {"registrar": wording.address(standing.target), "dropped": "0"}
        if self._endpoint is not None:
            facts["contact"] = self._endpoint.contact
            facts["listen"] = self._endpoint.local
            facts["dropped"] = str(self._endpoint.gate.dropped)
            facts["bindings"] = str(standing.bindings)
        detail, cure = self._words(standing)
        return LineState(status=self._status, since=self._since, detail=detail, cure=cure, facts=facts)

    def problems(self) -> list[Problem]:
        """Return what is not well here; that a line hears no calls is said by its state."""
        crowd = wording.many_bindings(self._standing())
        self._note(_CROWD, crowd, "Give CallGuard a user of its own there.")
        return list(self._notes.values())

    async def refresh(self) -> None:
        """Look the registrar's name up again; what was known before stays if that fails."""
        if self._shell is not None and self._host:
            await self._shell.look_up()

    def changed(self) -> None:
        """Notice that the endpoint's standing is another one."""
        standing = self._standing()
        if standing.status is not self._status:
            self._status, self._since = standing.status, self._home.clock.now()

    def looked_up(self, note: str) -> None:
        """Keep what could be better about finding the registrar; an empty *note* means that all is well."""
        if note and _NO_SRV[0] not in self._notes:
            self._home.log.warning("line %s: %s", self.name, note)
        self._note(_NO_SRV, note, "Install it, or write the registrar's port.")

    # -- building -------------------------------------------------------------------------------------------

    def _new_endpoint(self) -> Endpoint:
        account = self._account
        domain = account.domain or self._host
        who = Account(
            user=account.user,
            domain=domain,
            auth_user=account.auth_user or account.user,
            password=account.password.get_secret_value(),
            instance=self._instance,
            expires=account.expires,
            agent=f"CallGuard/{self._home.software}" if self._home.software else "CallGuard",
        )
        setup = Setup(
            contact_user=account.contact_user or self._home.randomness.token(_CONTACT_USER),
            treatment=self._treatment,
            trusted=account.networks,
            within=account.within + _GRACE,
            keepalive=account.keepalive,
        )
        return Endpoint(who, setup, self._home.randomness)

    def _new_calls(self, screen: Screen) -> Calls:
        account = self._account
        reading = Reading(
            line=self.name,
            country=account.country or self._home.country,
            domain=account.domain or self._host,
            internal_prefix=account.internal_prefix,
            internal=frozenset(account.internal),
        )
        return Calls(self._home, reading, self._treatment, self._sounds, Judging(screen, account.within))

    def _wiring(self) -> Wiring:
        account = self._account
        host, port = split_address(account.listen) if account.listen else ("", None)
        name = account.tls_server_name or account.domain or self._host
        towards = str(account.networks[0].network_address) if account.networks else ""
        return Wiring(account.transport, host, port or 0, account.tls_ca, name, towards)

    def _registrar(self) -> resolve.Registrar:
        nameserver = None
        if self._account.nameserver:
            host, port = split_address(self._account.nameserver)
            nameserver = (host, port or _DNS_PORT)
        return resolve.Registrar(
            host=self._host, port=self._port, transport=self._account.transport, nameserver=nameserver
        )

    def _feasible(self, wanted: Treatment) -> tuple[Treatment, Announcement]:
        """Return *wanted*, or the nearest treatment that this line can carry out and say so, with what is played."""
        if wanted.block is not BlockBy.ANSWER:
            return wanted, Announcement(b"", b"")
        try:
            return wanted, announcement(wanted.announcement, wanted.seconds)
        except AudioError as error:
            nearest, what = with_tone(wanted, str(error))
            self._note(_NO_SOUND, what, "Name a PCM WAV file in `announcement`.")
            self._home.log.warning("line %s: %s", self.name, what)
            return nearest, announcement(nearest.announcement, nearest.seconds)

    def _weigh_password(self) -> None:
        weakness = wording.weak_password(self._account.password.get_secret_value(), self._account.user)
        self._note(_WEAK, weakness, "Choose a long random one, there and here: it guards your telephone.")

    # -- words ----------------------------------------------------------------------------------------------

    def _standing(self) -> Standing:
        return self._endpoint.standing if self._endpoint is not None else Standing()

    def _words(self, standing: Standing) -> tuple[str, str]:
        if standing.status is LineStatus.PROTECTING:
            return wording.well(standing, self._until(standing)), ""
        if standing.status is LineStatus.STARTING:
            return "looking for the registrar", ""
        return wording.in_words(standing, self._account.registrar, self._account.user)

    def _until(self, standing: Standing) -> datetime | None:
        if self._shell is None or not standing.until:
            return None
        left = timedelta(seconds=standing.until - self._shell.now())
        return (self._home.clock.now() + left).astimezone(self._home.timezone)

    def _note(self, kind: tuple[str, Severity], what: str, cure: str) -> None:
        """Keep a problem for the health page; an empty *what* takes it back."""
        code, severity = kind
        if not what:
            self._notes.pop(code, None)
            return
        since = self._home.clock.now()
        self._notes[code] = Problem(
            code=code, severity=severity, what=f"line {self.name}: {what}", since=since, cure=cure, where=self.name
        )
