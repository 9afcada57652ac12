"""The configuration: checked before it is used, described for editors."""

import json
from typing import Any

import click

from callguard.cli.client import Asker, bad_config

_ASK = click.make_pass_decorator(Asker)


@click.group()
def config() -> None:
    """Check the configuration, or print its schema."""


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
