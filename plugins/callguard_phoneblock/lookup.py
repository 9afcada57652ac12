"""Looks callers up at PhoneBlock without saying who calls, one request a number, remembering the answers."""

import asyncio
from collections import OrderedDict
from weakref import WeakValueDictionary

from callguard import FetchError, Home
from callguard_phoneblock.settings import Asking, PhoneBlockConfig
from callguard_phoneblock.standing import Standing
from callguard_phoneblock.wire import PREFIX, Finding, NotPhoneBlockError, by_hash, by_prefix, digest

_LIMIT = 512_000
_WITHIN = 3.0
"""Seconds; the house gives up earlier."""
_SLOW = 0.3
"""Seconds of silence that count against PhoneBlock when the house gave up; less was no fair chance."""
_KEPT_HIT = 24 * 3600.0
_KEPT_MISS = 6 * 3600.0
_MOST = 2000
_SHORTEST = 9
"""+ and eight digits: shorter numbers have too few neighbours to hide among."""


class LookUps:
    """Asks PhoneBlock about single numbers."""

    def __init__(self, config: PhoneBlockConfig, home: Home, standing: Standing) -> None:
        self._asking = config.asking
        self._base = config.base_url
        self._headers = {"Authorization": f"Bearer {config.token.get_secret_value()}", "Accept": "application/json"}
        self._web = home.web
        self._clock = home.clock
        self._standing = standing
        self._answers: OrderedDict[str, tuple[float, Finding]] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, number: str) -> Finding | None:
        """Return what PhoneBlock knows of *number* (E.164); None if it cannot be asked now."""
        if self._asking is Asking.NOTHING or len(number) < _SHORTEST:
            return None
        turn = self._turns.setdefault(number, asyncio.Lock())
        async with turn:
            known = self._known(number)
            if known is not None or self._standing.resting:
                return known
            found = await self._asked(number)
            if found is not None:
                self._keep(number, found)
            return found

    async def _asked(self, number: str) -> Finding | None:
        begun = self._clock.monotonic()
        try:
            fetched = await self._web.fetch(self._url(number), limit=_LIMIT, within=_WITHIN, headers=self._headers)
            found = (by_hash if self._asking is Asking.FULL else by_prefix)(fetched.body, number)
        except FetchError as error:
            told = self._standing.explained(error)
            self._standing.failed(str(told), status=error.status, after=error.retry_after)
            return None
        except NotPhoneBlockError as error:
            self._standing.failed(str(error))
            return None
        except asyncio.CancelledError:
            if self._clock.monotonic() - begun >= _SLOW:
                self._standing.failed("it did not answer while the telephone rang")
            raise
        self._standing.succeeded()
        return found

    def _url(self, number: str) -> str:
        if self._asking is Asking.PREFIX:
            return f"{self._base}/check-prefix?sha1={digest(number)[:PREFIX]}"
        path, length = ("check", None) if self._asking is Asking.FULL else ("check-prefix", PREFIX)
        one, ten, hundred = (digest(text)[:length] for text in (number, number[:-1], number[:-2]))
        return f"{self._base}/{path}?sha1={one}&prefix10={ten}&prefix100={hundred}"

    def _known(self, number: str) -> Finding | None:
        until, found = self._answers.get(number, (0.0, None))
        return found if self._clock.monotonic() < until else None

    def _keep(self, number: str, found: Finding) -> None:
        self._answers[number] = (self._clock.monotonic() + (_KEPT_MISS if found.is_empty else _KEPT_HIT), found)
        self._answers.move_to_end(number)
        while len(self._answers) > _MOST:
            self._answers.popitem(last=False)
