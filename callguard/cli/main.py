"""The `callguard` command and the list of what it can do."""

import ast
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from callguard.cli.client import Asker

_COMMANDS = {
    "run": ("callguard.cli.run:run", "Protect the lines: run CallGuard until it is stopped."),
    "status": ("callguard.cli.state:status", "Show whether the lines are protected, and what is wrong."),
    "healthcheck": ("callguard.cli.state:healthcheck", "Exit with 0 if every line is protected, else with 1."),
    "doctor": ("callguard.cli.state:doctor", "Look everything over and say what to do."),
    "plugins": ("callguard.cli.state:plugins", "List the plugins and how they are doing."),
    "lines": ("callguard.cli.lines:lines", "Show the telephone lines, and how they were in the last day."),
    "setup": ("callguard.cli.setup:setup", "Say where the console is, and how the first person gets in."),
    "watch": ("callguard.cli.watch:watch", "Print each call as it comes."),
    "calls": ("callguard.cli.calls:calls", "List the calls, newest first."),
    "explain": ("callguard.cli.calls:explain", "Say why a call rang or was blocked."),
    "try": ("callguard.cli.calls:try_number", "Say what would happen if a number called now."),
    "review": ("callguard.cli.review:review", "List the calls to review; say which were right."),
    "forget": ("callguard.cli.forget:forget", "Remove all that was noted of a number, for ever."),
    "allow": ("callguard.cli.rules:allow", "Put a number on your allow list."),
    "block": ("callguard.cli.rules:block", "Put a number, or a group of callers, on your block list."),
    "never-block": ("callguard.cli.rules:never_block", "Make sure that a number is never blocked."),
    "expect": ("callguard.cli.rules:expect", "Let everyone ring for a while: you expect a call."),
    "rules": ("callguard.cli.rules:rules", "List your rules, with their hits; remove one."),
    "lists": ("callguard.cli.lists:lists", "Lists of reported numbers: status, update, enable, add."),
    "replay": ("callguard.cli.replay:replay", "Say what a change would have done to past calls."),
    "relationships": (
        "callguard.cli.relationships:relationships",
        "Whom you deal with: that decides who may call a registered line.",
    ),
    "dialled": ("callguard.cli.rules:dialled", "Tell CallGuard that you called a number."),
    "undo": ("callguard.cli.rules:undo", "Take a change back."),
    "changes": ("callguard.cli.rules:changes", "List what was changed, by whom and when."),
    "config": ("callguard.cli.config:config", "Check the configuration, or print its schema."),
    "user": ("callguard.cli.people:user", "Say who may sign in to the console, and as what."),
    "token": ("callguard.cli.people:token", "Let programs in: home automation, dashboards, scripts."),
    "sessions": ("callguard.cli.people:sessions", "See who is signed in to the console, and sign them out."),
    "backup": ("callguard.cli.backup:backup", "Make a backup: calls, rules, contacts, settings and people."),
    "restore": ("callguard.cli.backup:restore", "Bring a backup back, after showing what that changes."),
    "new-plugin": ("callguard.cli.new_plugin:new_plugin", "Write the beginnings of a plugin of your own."),
    "version": ("callguard.cli.state:version", "Print the version."),
}
_PLUGIN_GROUP = "callguard.commands"


class _Late(click.Group):
    """Imports a command when it is used, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *sorted(point.name for point in entry_points(group=_PLUGIN_GROUP))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            module, _, name = _COMMANDS[cmd_name][0].partition(":")
            return _command(getattr(import_module(module), name))
        point = next((p for p in entry_points(group=_PLUGIN_GROUP) if p.name == cmd_name), None)
        return None if point is None else _command(point.load())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415  (only after a typing mistake)

            meant = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean '{meant[0]}'?" if meant else ""
            raise click.UsageError(f"{error.message.rstrip('.')}.{hint}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, text) for name, (_, text) in _COMMANDS.items()]
        rows += [(point.name, _short_help(point)) for point in entry_points(group=_PLUGIN_GROUP)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _short_help(point: EntryPoint) -> str:
    """Return the first sentence of a plugin's command, read from its source: importing it could take its time."""
    try:
        spec = find_spec(point.module)
        source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
        parsed = ast.parse(source).body
    except (OSError, ValueError, SyntaxError, ImportError):
        parsed = []
    texts = (
        ast.get_docstring(part) for part in parsed if isinstance(part, ast.FunctionDef) and part.name == point.attr
    )
    text = next(texts, None) or f"From {point.dist.name if point.dist else point.module}."
    return text.partition("\n\n")[0].replace("\n", " ")


def _command(loaded: object) -> click.Command:
    if not isinstance(loaded, click.Command):
        raise click.ClickException("that plugin's command is broken: it is no click command")
    return loaded


@click.group(cls=_Late, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(), metavar="FILE", help="The configuration to use [CALLGUARD_CONFIG].")
@click.option("--data-dir", type=click.Path(), metavar="DIR", help="Where records are kept [CALLGUARD_DATA_DIR].")
@click.pass_context
def cli(ctx: click.Context, config: str | None, data_dir: str | None) -> None:
    """Screen the calls that ring your house, and say why.

    Start with `callguard run --demo`: a pretend telephone company rings a pretend house, and every verdict is
    printed with its reason. In a second terminal, `callguard ring 2125550199` rings it again, `callguard explain`
    says why, `callguard allow 2125550199` changes that, and `callguard undo` takes it back.

    Every command takes --json where a script would want it. Exit codes: 0 fine, 1 something is wrong,
    2 wrong usage, 3 no CallGuard is running, 4 refused, 78 mistakes in the configuration.
    """
    ctx.obj = Asker(config, data_dir)
