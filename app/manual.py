"""The parts of the manual that are written from the code, so that they cannot be out of date."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import IntEnum
from pathlib import Path

from app.cli.exit_codes import ExitCode
from app.settings import Settings

START, END = "<!-- {name} -->", "<!-- end of {name} -->"


def written_parts() -> Mapping[str, str]:
    """Each part by its name: a Markdown table."""
    return {
        "configuration": _table(("Variable", "Default", ""), _settings()),
        "exit codes": _table(("Code", ""), _exit_codes()),
    }


def with_written_parts(text: str) -> str:
    """A document with the parts written anew where it marks them."""
    for name, part in written_parts().items():
        start, end = START.format(name=name), END.format(name=name)
        head, mark, tail = text.partition(start)
        if not mark:
            continue
        _, _, rest = tail.partition(end) if end in tail else ("", "", tail)
        text = f"{head}{start}\n{part}{end}{rest}"
    return text


def docstrings_of(subject: type) -> Mapping[str, str]:
    """The string that follows each field of a class, or member of an enumeration."""
    (definition,) = ast.parse(inspect.getsource(subject)).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(definition.body, definition.body[1:], strict=False):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found


def _settings() -> Iterator[tuple[str, ...]]:
    meanings = docstrings_of(Settings)
    for field in fields(Settings):
        default = "" if field.default is None else f"`{_written(field.default)}`"
        meaning = meanings[field.name].replace("``", "`")
        yield f"`WELLKEPT_{field.name.upper()}`", default, meaning


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _exit_codes() -> Iterator[tuple[str, ...]]:
    meanings = docstrings_of(ExitCode)
    for code in _members(ExitCode):
        yield str(int(code)), meanings[code.name].replace("``", "`")


def _members(codes: type[IntEnum]) -> list[IntEnum]:
    return sorted(codes)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the parts into the documents that are named."""
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(with_written_parts(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
