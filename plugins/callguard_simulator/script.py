"""Scripts: lists of pretend callers in YAML."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callguard_simulator.caller import PATIENCE, Caller

BUILT_IN = "builtin"
_BUILT_IN_FILE = Path(__file__).with_name("callers.yaml")
_LARGEST = 1_000_000


class ScriptedCaller(BaseModel):
    """One caller of a script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: Annotated[str, Field(description="who this is meant to be, for people")] = ""
    number: Annotated[str, Field(description="the number as it arrives, in any spelling")] = ""
    name: Annotated[str, Field(description="the caller name as it arrives")] = ""
    withheld: Annotated[bool, Field(description="the caller hides the number")] = False
    unavailable: Annotated[bool, Field(description="the network does not know the number")] = False
    asserted: Annotated[str, Field(description="the number the network vouches for, where it is another one")] = ""
    patience: Annotated[float, Field(ge=0, le=600, description="seconds until the caller gives up")] = PATIENCE

    def caller(self) -> Caller:
        """Return the caller this means."""
        return Caller(**self.model_dump(exclude={"about"}))


class Script(BaseModel):
    """Callers who ring one after another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    callers: list[ScriptedCaller]


def load_script(where: str) -> Script:
    """Return the script in the file *where*, or the built-in one; ValueError says what is wrong with it."""
    path = _BUILT_IN_FILE if where == BUILT_IN else Path(where).expanduser()
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"the simulator's script {where} is larger than {_LARGEST} bytes")
        # BaseLoader leaves every value the text that somebody wrote: +1303… is no integer.
        return Script.model_validate(yaml.load(path.read_text("utf-8"), yaml.BaseLoader))
    except OSError as error:
        raise ValueError(f"the simulator's script {where} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"the simulator's script {where} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise ValueError(f"the simulator's script {where}: {_mistakes(error)}") from error


def _mistakes(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, m['loc'])) or 'the file'}: {m['msg']}" for m in error.errors())
