"""`callguard ring`: a pretend caller rings the running house."""

import json

import click


@click.command()
@click.argument("number", default="")
@click.option("--name", default="", help="Caller name, as it would arrive.")
@click.option("--withheld", is_flag=True, help="Hide the number from the household.")
@click.option("--asserted", metavar="NUMBER", help="Number the network vouches for, where it differs.")
@click.option("--hold", type=click.FloatRange(0, 600), metavar="SECONDS", help="How long the caller waits.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def ring(  # noqa: PLR0913  (one parameter an option)
    ctx: click.Context,
    number: str,
    name: str,
    *,
    withheld: bool,
    asserted: str | None,
    hold: float | None,
    as_json: bool,
) -> None:
    """Ring the house from NUMBER, through the simulator."""
    from callguard import ask  # noqa: PLC0415  (keeps `callguard --help` fast)

    if not (number or withheld):
        raise click.UsageError("Give a NUMBER, or --withheld.")
    caller = {"number": number, "name": name, "withheld": withheld, "asserted": asserted or "", "hold": hold}
    result = ask(ctx, "ring", caller)
    told = ask(ctx, "explain", {"id": result["id"]}) if result["id"] else {}
    verdict = {key: value for key, value in told.items() if key not in ("lines", "record", "reproduced")}
    if as_json:
        click.echo(json.dumps({**result, "call": verdict or None}, indent=2))
        return
    click.echo(f"The caller {result['experience']}.")
    if verdict:
        click.echo(f"{verdict['headline']}  {verdict['who']}: {verdict['reason']}.")
