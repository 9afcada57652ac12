"""The person who complains: a file that only they can read, and that no daemon ever sees."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from callguard import Draft, DraftField, Origin, plain
from callguard_complaints.fields import PROFILE

_FILE = "complaint-profile.json"
_LARGEST = 64 * 1024
_LONGEST = 200
_PRIVATE = 0o600


class ProfileError(Exception):
    """The profile cannot be used; the text says why, without anything of what is in it."""


def profile_path(data_folder: Path) -> Path:
    """Return where the profile is kept."""
    return data_folder / _FILE


def read_profile(path: Path) -> Mapping[str, str]:
    """Return the profile, empty if there is none; ProfileError if others may read it, or if it is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as stream:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise ProfileError(f"others may read {path}: run `chmod 600` on it, or write it anew")
        content = stream.read(_LARGEST + 1)
    return _parsed(content, path)


def write_profile(path: Path, profile: Mapping[str, str]) -> None:
    """Put *profile* in place of what is there, readable for this user only; ProfileError if that fails."""
    known = {key: plain(profile[key], _LONGEST) for key in PROFILE if profile.get(key)}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ProfileError(f"{path} cannot be written: {error.strerror}") from error


def forget_profile(path: Path) -> bool:
    """Delete the profile; False if there was none."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Put a file that only this user can read in place of *path*, at once and never halfway."""
    coming = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        coming.replace(path)
    except OSError:
        coming.unlink(missing_ok=True)
        raise


def merged(draft: Draft, profile: Mapping[str, str]) -> Draft:
    """Return *draft* with the person's own fields filled, for showing it to them."""
    return replace(draft, fields=tuple(_with_profile(one, profile) for one in draft.fields))


def _with_profile(field: DraftField, profile: Mapping[str, str]) -> DraftField:
    text = profile.get(field.holds, "") if field.holds in PROFILE and not field.value else ""
    fits = not field.options or text in field.options
    return replace(field, value=text, origin=Origin.PROFILE) if text and fits else field


def _parsed(content: bytes, path: Path) -> Mapping[str, str]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{path} is no profile: write it anew") from error
    if len(content) > _LARGEST or not isinstance(found, dict):
        raise ProfileError(f"{path} is no profile: write it anew")
    return {key: plain(found[key], _LONGEST) for key in PROFILE if isinstance(found.get(key), str)}
