"""Writes docs/settings.md from the settings themselves: `make docs`. A test notices when it was not run."""

from pathlib import Path

from callguard.config import SettingDoc, describe
from callguard.finding import find_plugins
from callguard.settings import settings_model

TARGET = Path(__file__).parent / "settings.md"
HEAD = """# Settings

`config.yaml` is yours: CallGuard reads it and never writes it. Every key is optional. `callguard config check` lists
all mistakes at once, each with its line and what was probably meant; `callguard config schema` prints the JSON Schema
for your editor. This page is made from the settings themselves (`make docs`).

- Text is taken as you typed it: `+1 303 555 0188`, `011`, `22:00` and `NO` need no quotes. Truth values are yes/no,
  on/off, true/false. Numbers of telephones may be written in any spelling.
- A secret is better not in the file: `password: !env NAME` takes it from the environment, `password: !file PATH` from
  a file (relative to config.yaml).
- The environment outweighs the file: `CALLGUARD__POLICY__UNKNOWN_CALLERS=block`; list entries count from 0:
  `CALLGUARD__SIP__ACCOUNTS__0__PASSWORD=…`.
- A plugin has a section of its own name. `callguard plugins` lists those that are installed.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for doc in describe(settings_model(find_plugins(None))):
        if doc.type == "section" and "." not in doc.key:
            parts.append(
                f"\n## `{doc.key}`\n{_sentence(doc.description)}\n\n| key | what | default |\n|---|---|---|\n"
            )
        elif "." not in doc.key:
            parts.append(f"\n## `{doc.key}`\n{_sentence(doc.description)} {_kind(doc)}\n")
        else:
            parts.append(f"| `{doc.key}` | {_cell(doc)} | {_default(doc)} |\n")
    return "".join(parts)


def _cell(doc: SettingDoc) -> str:
    kind = "" if doc.type == "section" else f" ({doc.type})"
    return (doc.description + kind).replace("|", "\\|")


def _kind(doc: SettingDoc) -> str:
    return f"{_sentence(doc.type)} Default: {_default(doc) or 'none'}."


def _default(doc: SettingDoc) -> str:
    if doc.required:
        return "needed"
    return f"`{doc.default}`" if doc.default else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
