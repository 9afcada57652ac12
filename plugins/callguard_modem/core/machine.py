"""The state machine of one modem line: octets and time in, octets and events out."""

from collections.abc import Mapping

from callguard import Outcome
from callguard_modem.core.alarms import Alarms
from callguard_modem.core.answering import Answering
from callguard_modem.core.blocking import Watch, carry_out
from callguard_modem.core.callerid import Assembler
from callguard_modem.core.dialogue import Dialogue, Procedure, ask
from callguard_modem.core.events import (
    CallEnded,
    CallHeard,
    Closed,
    Phase,
    Reopen,
    Trouble,
)
from callguard_modem.core.lexer import Code, Lexer
from callguard_modem.core.probing import Modem, Wanted, probe, switch_caller_id_on
from callguard_modem.core.profile import Method, Profile
from callguard_modem.core.ringing import Cadence, Ringing, part_of, ring_of
from callguard_modem.core.setup import Setup
from callguard_modem.core.telling import Told

__all__ = ["Machine", "Setup"]

_SETTLED = 0.3
"Seconds after the last line about a caller, by which a name would have come."
_HEARTBEAT = 60.0
_AGAIN = 5.0
_BEATS = 3
_BEAT_WITHIN = 3.0
_ROOM = 0.3
"Seconds that going off-hook takes, voice mode included."
_BEFORE_RING = 0.2
"Seconds from the caller ID to the first ring, where it comes before (SIN 242)."
_CLOSE_WITHIN = 4.0
_CALLS_WITHOUT_ID = 2
_LIFTED = frozenset({"H", "P"})
"A handset was lifted, or the line voltage fell because of it (V.253 §9.2)."
_PURPOSES = ("settle", "silence", "heartbeat", "close")


class Machine(Told):
    """One modem, as far as its octets go. Read `events` (and empty it) after every call of a method."""

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self._modem = Modem(setup.choose({}))
        self._cadence = Cadence(self._modem.profile.ring_cadence)
        self._lexer = Lexer()
        self._alarms = Alarms()
        self._dialogue = Dialogue(self._send)
        self._answering = Answering(setup.hold)
        self._call: Ringing | None = None
        self._serial = 0
        self._probed = False
        self._was_down = False
        "Whether it ever confirmed that the line is down: before that, we may have been killed while it was up."
        self._closing = False
        self._without_id = 0
        self._dead_beats = 0
        self._waiting: Ringing | None = None
        "A call that came while the one before was still being hung up on."
        self._method: Method | None = None
        self._doubted = False
        "Whether caller ID ought to be switched on again."
        self._now = 0.0

    @property
    def profile(self) -> Profile:
        """The profile in use: the defaults until the modem said what it is."""
        return self._modem.profile

    @property
    def identity(self) -> Mapping[str, str]:
        """What the modem answered to which identifying command (`AT+GMM`: `V92`)."""
        return self._modem.identity

    @property
    def classes(self) -> frozenset[str]:
        """What it answered to AT+FCLASS=?: 0 data, 1 fax, 8 voice."""
        return self._modem.classes

    @property
    def caller_id(self) -> str:
        """The command by which caller ID was switched on; empty if none was taken."""
        return self._modem.caller_id

    @property
    def methods(self) -> tuple[Method, ...]:
        """The ways to hang up on a caller, in the order in which they are tried."""
        setup = self._setup
        return self.profile.methods(setup.method, self.classes, greeting=setup.greeting is not None)

    @property
    def may_be_up(self) -> bool:
        """Whether the line may be off-hook because of us."""
        return self._answering.may_be_up

    def next_timer(self) -> float | None:
        """Return when `on_timer` wants to be called, in the seconds of every *now*."""
        times = [when for when in (self._alarms.next(), self._dialogue.deadline) if when is not None]
        return min(times, default=None)

    def on_timer(self, now: float) -> None:
        """Do what is due."""
        self._now = now
        while (due := self.next_timer()) is not None and due <= now:
            if due == self._dialogue.deadline:
                self._dialogue.on_timer(now)
            elif (wake := self._alarms.pop(now)) is not None:
                wake(now)

    def connected(self, now: float) -> None:
        """Learn that the device is open: the probe begins."""
        self._now = now
        if self.phase is Phase.DOWN and not self._closing:
            self._enter(Phase.PROBE)
            self._probe(now)

    def lost(self, now: float) -> None:
        """Learn that the device is gone or was closed; a call under way ends as not carried out."""
        self._now = now
        self._dialogue.drop()
        self._alarms.clear(*_PURPOSES)
        self._answering.reset()
        self._lexer.forget()
        self._probed, self._waiting = False, None
        if self._call is not None:
            outcome = Outcome.RANG if self._call.block is False else Outcome.NOT_CARRIED_OUT
            self._end(outcome, "the modem was lost during the call")
        self._enter(Phase.DOWN)
        if self._closing:
            self._closed(down=not self.may_be_up)

    def receive(self, data: bytes, now: float) -> None:
        """Take octets of the modem."""
        self._now = now
        for token in self._lexer.feed(data):
            if self.phase is Phase.DOWN:
                continue  # nobody asked for this, but the next octets must not be taken for its rest
            if isinstance(token, Code):
                self._code(token.char, now)
            else:
                self._line(token.text, now)

    def verdict(self, serial: int, *, block: bool, now: float) -> None:
        """Hear what to do with a call; a verdict about a call that is over is ignored."""
        self._now = now
        call = self._call
        if call is not None and call.serial == serial and call.heard and call.block is None:
            call.block = block
            self._block_if_wanted(now)

    def close(self, now: float) -> None:
        """Bring the line down whatever is going on, end the call under way and say Closed (at most 4 s later)."""
        self._now = now
        if self._closing:
            return
        self._closing = True
        self._alarms.clear(*_PURPOSES)
        if self._call is not None:
            method = self._method if self.phase is Phase.VERIFY else None
            self._end(self._outcome_when_stopped(self._call), "CallGuard was stopped during the call", method=method)
        if self.phase is Phase.DOWN or not self.may_be_up:
            self._closed(down=not self.may_be_up)
            return
        self._alarms.set("close", now + _CLOSE_WITHIN, lambda _: self._closed(down=False))
        self._dialogue.run(self._leave(), now)

    # -- what the modem says --------------------------------------------------------------------------------

    def _line(self, text: str, now: float) -> None:
        if self._closing:
            self._dialogue.line(text, now)
            return
        if part := part_of(text):
            self._ringing(now).part(*part)
            return
        label = ring_of(text)
        if self._about_caller(text, now):
            self._alarms.set("settle", now + _SETTLED, self._settled)
        elif label is None:
            self._dialogue.line(text, now)
        if label is not None:
            self._ring(label, text, now)
        elif self._call is not None and self._call.cid.complete:
            self._tell(now)

    def _code(self, char: str, now: float) -> None:
        if char == "R" and not self._closing:
            self._ring("", "<DLE>R", now)
        elif char in _LIFTED and self.phase is Phase.RINGING:
            self._ringing_over("a handset was lifted")
        else:
            self._dialogue.signal(f"DLE {char}", now)

    def _about_caller(self, text: str, now: float) -> bool:
        """Take a line about a caller, this one's or the next one's; return whether it was one."""
        call = self._call
        if call is None:
            if not Assembler().feed(text):
                return False
            call = self._ringing(now)
        elif self.phase is Phase.RINGING:
            if call.is_over(text, now):
                self._ringing_over("another call came")
                call = self._ringing(now)
        elif self._waiting is not None or call.is_over(text, now, again=self.phase is Phase.VERIFY):
            call = self._waiting = self._waiting or self._new()
        if self.phase is Phase.RINGING and call.feed(text, now):
            self._alarms.set("silence", now + self._cadence.silence, self._silent)
            return True
        return call.feed(text, now)

    def _ring(self, label: str, text: str, now: float) -> None:
        call = self._call
        if self.phase is Phase.VERIFY and call is not None:
            in_step = call.last is None or self._cadence.in_step(call.last, now)
            if self._waiting is not None or not in_step:
                self._dialogue.drop()
                self._end(Outcome.ANNOUNCED, "another call came at once", method=self._method)
                self._adopt(now)
        call = self._ringing(now)
        if self.phase is Phase.RINGING:
            self._cadence.learn(call.last, now)
            self._alarms.set("silence", now + self._cadence.silence, self._silent)
        call.ring(label, now)
        call.cid.note(text)
        if self.phase is not Phase.RINGING:
            self._dialogue.signal("RING", now)
        elif call.cid.number_known or call.rings_apart(now, self._cadence.seconds / 2):
            self._tell(now)
            self._block_if_wanted(now)

    # -- a call ---------------------------------------------------------------------------------------------

    def _new(self) -> Ringing:
        self._serial += 1
        return Ringing(self._serial)

    def _ringing(self, now: float) -> Ringing:
        """Return the call that rings, a new one if none did."""
        if self._call is None:
            self._call = self._new()
            self._alarms.clear("heartbeat")
            self._alarms.set("silence", now + self._cadence.silence, self._silent)
            self._enter(Phase.RINGING)
        return self._call

    def _adopt(self, now: float) -> None:
        """Turn to the call that came while the last one was being hung up on."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._call = waiting
            self._alarms.set("silence", now + self._cadence.silence, self._silent)
            self._alarms.set("settle", now + _SETTLED, self._settled)
            self._enter(Phase.RINGING)

    def _settled(self, now: float) -> None:
        if self._call is not None and self._call.cid.number_known:
            self._tell(now)

    def _tell(self, now: float) -> None:
        """Ask for a verdict, once."""
        call = self._call
        if call is not None and not call.heard and self.phase is Phase.RINGING:
            self._announce(call, now)

    def _announce(self, call: Ringing, now: float) -> None:
        call.heard = True
        label = call.label or call.parts
        self.events.append(
            CallHeard(
                serial=call.serial,
                line=self._setup.rings.get(label, self._setup.line),
                ring=label,
                caller=call.cid.caller(),
                rings=call.rings,
                within=self._within(call, now),
                lines=tuple(call.cid.lines),
            )
        )

    def _within(self, call: Ringing, now: float) -> float:
        if self._setup.within is not None:
            return self._setup.within
        began = call.began
        if began is None:
            return _BEFORE_RING if self._setup.before_ring else self._cadence.seconds - _ROOM
        return max(_BEFORE_RING, began + self._cadence.seconds - _ROOM - now)

    def _silent(self, now: float) -> None:
        rings = self._call.rings if self._call is not None else 0
        self._ringing_over(f"ringing stopped after {rings} ring{'' if rings == 1 else 's'}")

    def _ringing_over(self, note: str) -> None:
        """End a call that was not answered by us, and listen again."""
        call = self._call
        if call is None:
            return
        outcome = Outcome.RANG if call.block is False else Outcome.GONE
        if call.block and (call.given_up or not call.rings):
            outcome = Outcome.NOT_CARRIED_OUT
            note = call.given_up or "the line never rang: a waiting call cannot be hung up on"
        self._end(outcome, note)
        self._rest()

    def _end(self, outcome: Outcome, note: str, *, method: Method | None = None, verified: bool = False) -> None:
        """Say how the call ended; one that nobody was told of yet is told first."""
        call = self._call
        self._alarms.clear("settle", "silence")
        if call is None:
            return
        if not call.heard and (call.rings or call.cid.anything):
            self._announce(call, self._now)
        self._call = None
        self._count_without_id(call)
        if call.heard:
            self.events.append(
                CallEnded(
                    serial=call.serial,
                    outcome=outcome,
                    rings=call.rings,
                    method=method or "",
                    verified=verified,
                    note=note,
                    lines=tuple(call.cid.lines),
                )
            )

    # -- hanging up on a caller -----------------------------------------------------------------------------

    def _block_if_wanted(self, now: float) -> None:
        call = self._call
        if call is None or not call.block or call.given_up or self.phase is not Phase.RINGING:
            return
        # Where a ring is missing somebody may have lifted a handset: never answer into a conversation.
        rings = call.last is not None and not self._cadence.overdue(call.last, now)
        if rings or (self._setup.before_ring and not call.rings):
            self._alarms.clear("settle", "silence")
            self._enter(Phase.BLOCKING)
            self._dialogue.run(self._blocking(call), now)

    def _blocking(self, call: Ringing) -> Procedure[None]:
        watch = Watch(lambda method: self._verifying(call, method), lambda: self._enter(Phase.BLOCKING))
        carried = yield from carry_out(self._answering, self.methods, watch)
        note = "; ".join(carried.notes)
        self._trouble(Trouble.STUCK, not carried.down, note)
        if not carried.down:
            self._end(Outcome.NOT_CARRIED_OUT, note)
            self._reopen("it did not confirm that it hung up")
            return
        self._trouble(Trouble.NOT_BLOCKED, carried.method is None, note)
        if carried.method is None:
            call.given_up = note
            self._enter(Phase.RINGING)
            self._alarms.set("silence", self._now + self._cadence.silence, self._silent)
            return
        self._doubted |= carried.method is not Method.HOOK  # some forget caller ID with the class of service
        self._end(Outcome.ANNOUNCED, note, method=carried.method, verified=carried.verified)
        self._rest()

    def _verifying(self, call: Ringing, method: Method) -> float:
        """Begin to wait for silence; return for how many seconds."""
        self._method = method
        self._enter(Phase.VERIFY)
        last = self._now if call.last is None else call.last
        return self._cadence.due(last, self._now) - self._now

    def _outcome_when_stopped(self, call: Ringing) -> Outcome:
        if self.phase is Phase.VERIFY or (self.phase is Phase.BLOCKING and self.may_be_up):
            return Outcome.ANNOUNCED
        return Outcome.RANG if call.block is False else Outcome.NOT_CARRIED_OUT

    def _leave(self) -> Procedure[None]:
        down = yield from self._answering.leave()
        self._closed(down=down)

    def _closed(self, *, down: bool) -> None:
        self._dialogue.drop()
        self._alarms.clear(*_PURPOSES)
        self._enter(Phase.DOWN)
        self.events.append(Closed(down))

    # -- keeping the modem well -----------------------------------------------------------------------------

    def _probe(self, now: float, *, other: bool = False) -> None:
        self._dialogue.run(self._probing(other=other), now)

    def _probing(self, *, other: bool) -> Procedure[None]:
        setup, modem = self._setup, self._modem
        wanted = Wanted(
            choose=setup.choose,
            country=setup.country,
            voice=setup.greeting is not None,
            distinctive=bool(setup.rings),
            quiet=lambda: self._call is None,
        )
        well = yield from probe(modem, wanted, may_be_up=self.may_be_up, known=self._was_down, other=other)
        self._trouble(Trouble.SILENT, not well, "no answer to AT")
        if not well:
            self._reopen("it does not answer")
            return
        self._answering.may_be_up = False
        self._probed = self._was_down = True
        self._prepare()
        self._rest()

    def _prepare(self) -> None:
        """Make ready what calls must not wait for."""
        if not self._cadence.learned:
            self._cadence = Cadence(self.profile.ring_cadence)
        setup, modem = self._setup, self._modem
        self._answering.greeting = modem.greeting(setup.greeting)
        mute = setup.greeting is not None and self._answering.greeting is None
        classes = ", ".join(sorted(modem.classes)) or "none told"
        self._trouble(Trouble.NO_GREETING, mute, f"classes of service: {classes}")
        if modem.no_caller_id or self._without_id < _CALLS_WITHOUT_ID:
            self._trouble(Trouble.NO_CALLER_ID, bool(modem.no_caller_id), modem.no_caller_id)

    def _rest(self) -> None:
        """Listen for the next call, after doing for the modem what the last one showed to be necessary."""
        if self._waiting is not None:
            self._adopt(self._now)
        if self._call is not None:
            return
        self._enter(Phase.IDLE if self._probed else Phase.PROBE)
        if not self._probed:
            if not self._dialogue.busy:
                self._probe(self._now, other=self._without_id >= _CALLS_WITHOUT_ID)
            return
        if self._doubted:
            self._doubted = False
            self._dialogue.run(self._renewing(), self._now)
        self._dead_beats = 0
        self._alarms.set("heartbeat", self._now + _HEARTBEAT, self._beat)

    def _count_without_id(self, call: Ringing) -> None:
        """Doubt the modem after a call without caller ID; one ring alone is over before it would have come."""
        if call.cid.number_known:
            self._without_id = 0
            self._trouble(Trouble.NO_CALLER_ID, False)
        elif call.rings > 1:
            self._without_id += 1
            self._doubted = True
            if self._without_id >= _CALLS_WITHOUT_ID:
                self._trouble(Trouble.NO_CALLER_ID, True, f"{self._without_id} calls in a row came without it")
                self._probed = False

    def _renewing(self) -> Procedure[None]:
        yield from switch_caller_id_on(self._modem)

    def _beat(self, now: float) -> None:
        if self._dialogue.busy:
            self._alarms.set("heartbeat", now + _AGAIN, self._beat)
        else:
            self._dialogue.run(self._beating(), now)

    def _beating(self) -> Procedure[None]:
        reply = yield ask("AT", _BEAT_WITHIN)
        self._dead_beats = 0 if reply.code else self._dead_beats + 1
        if self._dead_beats >= _BEATS:
            self._trouble(Trouble.SILENT, True, f"no answer to AT, {_BEATS} times")
            self._reopen("it no longer answers")
        elif self.phase is Phase.IDLE:
            self._alarms.set("heartbeat", self._now + (_AGAIN if self._dead_beats else _HEARTBEAT), self._beat)

    def _reopen(self, reason: str) -> None:
        closing = self._closing
        self.lost(self._now)
        if not closing:
            self.events.append(Reopen(reason))
