"""A stand-in for the second process."""

import json
from collections.abc import Mapping

from callguard.apart.work import call
from callguard.home import JSON
from callguard.model.numberlist import Progress, Report


async def apart_here(function: str, arguments: Mapping[str, JSON], report: Report | None = None) -> JSON:
    """Do what `Home.apart` does, but in this process: `a_home(tmp_path, apart=apart_here)`.

    Arguments and result pass through JSON as they do between processes; ValueError stays what it is, anything else
    becomes RuntimeError.
    """
    try:
        result: JSON = json.loads(json.dumps(call(function, json.loads(json.dumps(arguments)), report or _ignore)))
    except ValueError as error:
        raise ValueError(str(error)) from error
    except (Exception, SystemExit) as error:
        raise RuntimeError(f"{function}: {type(error).__name__}: {error}") from error
    return result


def _ignore(_: Progress) -> None:
    """Nobody wants to know."""
