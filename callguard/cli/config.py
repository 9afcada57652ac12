"""The configuration: checked before it is used, described for editors."""

import json
from typing import Any

import click

from callguard.cli.client import Asker, bad_config
from callguard.cli.output import json_option, print_json

_ASK = click.make_pass_decorator(Asker)


@click.group()
def config() -> None:
    """Check the configuration, print its schema, or set something by command."""


@config.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@_ASK
def check(asker: Asker, *, file: str | None) -> None:
    """Read FILE (default: the configuration in use) and list every mistake with its line; exits with 78 then.

    Nothing is started and nothing is written.
    """
    from callguard.blueprint import draw, furnish  # noqa: PLC0415  (--help loads no plugins)
    from callguard.cli.offline import surroundings  # noqa: PLC0415
    from callguard.config import ConfigError  # noqa: PLC0415
    from callguard.home import Nobody  # noqa: PLC0415

    place = Asker(file, None).place() if file else asker.place()
    if place.config is not None and not place.config.exists():
        raise click.ClickException(f"{place.config} does not exist: copy config.example.yaml there, or name a file")
    try:
        blueprint = draw(place, surroundings())
        furnish(blueprint, Nobody(), surroundings())
    except ConfigError as error:
        raise bad_config(error) from error
    for note in blueprint.loaded.notes:
        click.secho(f"note: {note}", fg="yellow", err=True)
    for found in blueprint.found:
        if found.error:
            click.secho(f"plugin {found.name} cannot be loaded: {found.error}", fg="yellow", err=True)
    click.echo(f"{place.config}: no mistakes")


@config.command()
@_ASK
def schema(asker: Asker) -> None:
    """Print the JSON Schema of config.yaml, plugins included, so that editors complete and check it."""
    from callguard.config import json_schema  # noqa: PLC0415  (--help loads no plugins)
    from callguard.finding import find_plugins  # noqa: PLC0415
    from callguard.settings import settings_model  # noqa: PLC0415

    made: Any = json_schema(settings_model(find_plugins(asker.place().plugins_folder)))
    click.echo(json.dumps(made, indent=2))


@config.command("set")
@click.argument("key")
@click.argument("value")
@json_option
@_ASK
def set_value(asker: Asker, *, key: str, value: str, as_json: bool) -> None:
    """Set KEY to VALUE by command, beside config.yaml, which is never rewritten; it can be undone.

    What config.yaml states wins, so such a key is refused here.

    \b
    callguard config set policy.profile strict
    callguard config set policy.quiet_hours "mon-sun 22:00-07:00"
    """
    _set(asker, key, value, as_json=as_json)


@config.command()
@click.argument("key")
@json_option
@_ASK
def unset(asker: Asker, *, key: str, as_json: bool) -> None:
    """Take back what was set for KEY by command: the default counts again."""
    _set(asker, key, None, as_json=as_json)


def _set(asker: Asker, key: str, value: str | None, *, as_json: bool) -> None:
    answer = asker.ask("set-setting", {"key": key, "value": value})
    if as_json:
        print_json(answer)
    elif answer["change"] is None:
        already = "was not set by command" if value is None else "was so already"
        click.echo(f"{key} {already}; nothing was changed.")
    else:
        click.echo(f"{answer['change']['subject']}.  Undo: callguard undo {answer['change']['id']}")
