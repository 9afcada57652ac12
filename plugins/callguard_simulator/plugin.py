"""The plugin: runs the pretend telephone company inside the daemon and rings the house on demand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from callguard import CallRecord, Command, Home, Rung, Service, hookimpl
from callguard_simulator.caller import Caller
from callguard_simulator.digest import Doorman
from callguard_simulator.exchange import Exchange, NobodyThereError, parse_address
from callguard_simulator.registrar import Registrar
from callguard_simulator.script import Script, ScriptedCaller, load_script

_OFF = "the simulator is off: start `callguard run --demo`, or set `simulator: {enabled: true}` in config.yaml"
_RECORDED_WITHIN = 2.0
_WHO_ASKS = "by"


class SimulatorConfig(BaseModel):
    """The simulator's section of config.yaml."""

    model_config = ConfigDict(extra="forbid")

    enabled: Annotated[bool, Field(description="whether the pretend telephone company runs")] = False
    listen: Annotated[
        str, Field(description="where lines register: a loopback address and a UDP port (0: a free one)")
    ] = "127.0.0.1:5099"
    user: Annotated[str, Field(min_length=1, description="user name of the line that registers")] = "callguard"
    password: Annotated[str, Field(description="password of that user")] = "simulator"
    script: Annotated[
        str, Field(description="callers to ring once after the start: builtin, a YAML file, or empty for none")
    ] = ""
    pause: Annotated[float, Field(ge=0, le=3600, description="seconds before each caller of the script")] = 0.5

    @field_validator("listen")
    @classmethod
    def _on_loopback(cls, listen: str) -> str:
        host, _ = parse_address(listen)
        try:
            loopback = ip_address(host).is_loopback
        except ValueError as error:
            raise ValueError(f"{host!r} is no IP address; write 127.0.0.1:5099") from error
        if not loopback:
            raise ValueError(f"{host} can be reached from outside: the simulator listens on loopback only")
        return listen

    @field_validator("script")
    @classmethod
    def _readable(cls, script: str) -> str:
        if script:
            load_script(script)
        return script


class Simulator:
    """A pretend telephone company: registrar, exchange and callers."""

    Config = SimulatorConfig
    speaks_on: frozenset[Rung] = frozenset()
    phrases: Mapping[str, str] = {}

    def __init__(self, config: SimulatorConfig, home: Home) -> None:
        self._config = config
        host, _ = parse_address(config.listen)
        token = home.randomness.token
        doorman = Doorman(host, config.user, config.password, token)
        registrar = Registrar(config.user, doorman, token)
        self.exchange = Exchange(registrar, home.clock, token, home.log, config.user)
        self._log = home.log
        self._token = home.randomness.token
        self._awaited: dict[str, asyncio.Future[str]] = {}

    @hookimpl
    def services(self) -> Sequence[Service]:
        """Run the exchange as long as the house is open."""
        return [_Company(self)] if self._config.enabled else []

    @hookimpl
    def register_commands(self) -> Mapping[str, Command]:
        """Let `callguard ring` ring the house."""
        return {"ring": self.ring}

    async def ring(self, arguments: Mapping[str, Any]) -> Mapping[str, object]:
        """Ring the registered line as the caller in *arguments*; return what that caller experienced.

        `id` names the call record, or is empty if none was written in time.
        """
        if not self._config.enabled:
            raise ValueError(_OFF)
        caller, mark = _caller_of(arguments), self._token()
        self._awaited[mark] = asyncio.get_running_loop().create_future()
        try:
            ended = await self.exchange.ring(caller, mark)
            return {**asdict(ended), "experience": ended.experience, "id": await self._record_of(mark)}
        finally:
            self._awaited.pop(mark).cancel()

    @hookimpl
    def call_finished(self, record: CallRecord) -> None:
        """Learn the number of the record that a call of ours has got."""
        for mark, found in self._awaited.items():
            if not found.done() and any(mark in detail for detail in record.call.details.values()):
                found.set_result(record.call.id)

    async def _record_of(self, mark: str) -> str:
        done, _ = await asyncio.wait([self._awaited[mark]], timeout=_RECORDED_WITHIN)
        return done.pop().result() if done else ""

    async def run(self) -> None:
        """Open the exchange, ring the script once the line is there, and stay until cancelled."""
        await self.exchange.open(*parse_address(self._config.listen))
        try:
            if self._config.script:
                await self._perform(load_script(self._config.script))
            await asyncio.Event().wait()
        finally:
            self.exchange.close()

    async def _perform(self, script: Script) -> None:
        for scripted in script.callers:
            await self.exchange.wait_for_line()
            await asyncio.sleep(self._config.pause)
            try:
                ended = await self.exchange.ring(scripted.caller())
            except NobodyThereError as error:
                self._log.info("%s could not call: %s", scripted.about, error)
                continue
            self._log.info("%s %s", scripted.about or scripted.number, ended.experience)


class _Company:
    """The service that the daemon keeps running."""

    name = "pretend telephone company"

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def run(self) -> None:
        """Run until cancelled."""
        await self._simulator.run()


def _caller_of(arguments: Mapping[str, Any]) -> Caller:
    given = {key: value for key, value in arguments.items() if value is not None and key != _WHO_ASKS}
    if "hold" in given:
        given["patience"] = given.pop("hold")
    try:
        caller = ScriptedCaller.model_validate(given).caller()
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not (caller.number or caller.withheld or caller.unavailable):
        raise ValueError("a caller needs a number, unless it is withheld or unavailable")
    return caller
