"""`callguard new-plugin NAME`: a project to start a plugin from."""

from collections.abc import Iterator
from pathlib import Path

import click

_LONGEST = 30
_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "config-snippet.yaml": "config-snippet.yaml.txt",
    "@PACKAGE@/__init__.py": "init.py.txt",
    "@PACKAGE@/plugin.py": "plugin.py.txt",
    "@PACKAGE@/py.typed": "",
    "tests/test_plugin.py": "test_plugin.py.txt",
}


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder in which the project's folder is made; default: where you are.",
)
def new_plugin(name: str, into: Path) -> None:
    """Write a project for a new plugin called NAME, ready to install and to test."""
    _check(name)
    words = _words(name)
    folder = into / words["@PROJECT@"]
    try:
        folder.mkdir(parents=True)
        for path, text in _contents(words):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise click.ClickException(f"{error.filename} is there already; nothing was changed") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {folder}. Its README.md says how to install it; start with {words['@PACKAGE@']}/plugin.py.")


def _check(name: str) -> None:
    shape = name.isascii() and name.islower() and name.replace("_", "a").isalnum() and name[:1].isalpha()
    if not shape or not 2 <= len(name) <= _LONGEST or name.endswith("_"):
        raise click.BadParameter(
            f"{name!r} is no name for a plugin: use 2 to {_LONGEST} small letters, digits and underscores, such as "
            "area_codes; the first must be a letter, the last no underscore",
            param_hint="NAME",
        )
    if name in _taken():
        raise click.BadParameter(f"{name!r} is taken already; think of another name", param_hint="NAME")


def _taken() -> set[str]:
    from importlib.metadata import entry_points  # noqa: PLC0415  (keeps `callguard --help` fast)

    from callguard.hookspecs import PROJECT  # noqa: PLC0415
    from callguard.settings import CoreSettings  # noqa: PLC0415

    plugins = {point.name for point in entry_points(group=PROJECT)}
    return plugins | set(dir(CoreSettings)) | set(CoreSettings.model_fields)


def _words(name: str) -> dict[str, str]:
    from callguard.version import software_version  # noqa: PLC0415

    return {
        "@NAME@": name,
        "@CLASS@": "".join(part.capitalize() for part in name.split("_")) + "Plugin",
        "@PACKAGE@": f"callguard_{name}",
        "@PROJECT@": f"callguard-{name.replace('_', '-')}",
        "@VERSION@": software_version(),
    }


def _contents(words: dict[str, str]) -> Iterator[tuple[str, str]]:
    from importlib.resources import files  # noqa: PLC0415

    template = files("callguard.cli").joinpath("template")
    for path, source in _FILES.items():
        text = template.joinpath(source).read_text(encoding="utf-8") if source else ""
        yield _filled(path, words), _filled(text, words)


def _filled(text: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
