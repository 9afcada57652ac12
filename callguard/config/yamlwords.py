"""What PyYAML complains about, in words for the person who wrote the file."""

from callguard.config.mistakes import Mistake, shown
from callguard.config.origins import Origin, OriginKind

_INDENTATION = "this line is not indented like the lines it belongs to"
_INDENT_HINT = "keys of one section begin in the same column"
_QUOTES = "put the text between quotes"
_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon that does not fit here",
        "check the indentation, and put a text that contains ': ' between quotes",
    ),
    ("did not find expected key", _INDENTATION, _INDENT_HINT),
    ("expected <block end>", _INDENTATION, _INDENT_HINT),
    ("did not find expected '-' indicator", _INDENTATION, "each entry of a list begins with '- ' in the same column"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin each entry on a line of its own"),
    ("could not find expected ':'", "this is no `key: value`", "a colon and a space are missing"),
    ("expected ',' or ']'", "the list that begins with [ is not closed", "a comma or ] is missing"),
    ("expected ',' or '}'", "the section that begins with { is not closed", "a comma or } is missing"),
    ("unknown escape character", "a backslash between double quotes has a meaning of its own", "use single quotes"),
    ("alphabetic or numeric character", "* and & have a meaning of their own at the beginning of a value", _QUOTES),
    ("cannot start any token", "this character has a meaning of its own at the beginning of a value", _QUOTES),
    ("undefined tag handle", "unknown tag", "only !env and !file are known"),
)


def syntax_mistake(error: Exception, text: str, file: str) -> Mistake:
    """Return what PyYAML's *error* about *text* means, with its line."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line, mark.column) if mark is not None else _counted(error, text)
    problem = str(getattr(error, "problem", None) or error)
    what, hint = _words(problem, _line(text, line), column)
    if "unexpected end of stream" in problem:
        context = getattr(error, "context_mark", None)
        line, column = (context.line, context.column) if context is not None else (line, column)
    origin = Origin(kind=OriginKind.FILE, name=file, line=line + 1, column=column + 1)
    return Mistake(origin=origin, what=what, hint=hint)


def _words(problem: str, line: str, column: int) -> tuple[str, str]:
    character = line[column : column + 1]
    if character == "\t" or "\\t" in problem:
        return "a tab is used for indentation", "YAML indents with spaces only"
    if character == ":" and line[:column].strip(" {-,") == "":
        return "the key before the colon is missing", ""
    if "unexpected end of stream" in problem:
        return "a quotation mark is opened here and never closed", ""
    for part, what, hint in _WORDS:
        if part in problem:
            return what, hint
    return f"this is not valid YAML: {shown(problem.splitlines()[0] if problem else '', 120)}", ""


def _counted(error: Exception, text: str) -> tuple[int, int]:
    position = getattr(error, "position", 0)
    before = text[: position if isinstance(position, int) else 0]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def _line(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line] if line < len(lines) else ""
