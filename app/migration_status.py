"""MIGRATION_STATUS.md: what has been moved from the original, written from code and schema."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from litestar import Litestar
from pydantic import BaseModel, ConfigDict

from app.code_map import ROOT, CodeMap, read_code
from app.openapi import document_of
from services.importing.maps import DECLARED
from storage.original_names import MOVED, NOT_YET_MOVED
from storage.postgres.transaction import ROW_CLASSES

FILE = ROOT / "MIGRATION_STATUS.md"

_DATA = Path(__file__).with_name("data") / "original_services.toml"
_HEAD = """\
# Migration status

Written by `wellkept migration-status` from the code and the schema; `make test` fails when it is
out of date. What is not moved is named as plainly as what is.

"""


class OriginalMap(BaseModel):
    """One map or table of the original and the repositories that hold its records here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    original: str
    table: str | None = None
    here: tuple[str, ...] = ()


class OriginalService(BaseModel):
    """One service of the original."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    map: tuple[OriginalMap, ...]
    operations: Mapping[str, tuple[str, ...]] = {}


@cache
def original_services() -> tuple[OriginalService, ...]:
    """What the original had. Raises ValidationError when the file of facts is malformed."""
    content = tomllib.loads(_DATA.read_text("utf-8"))
    return tuple(OriginalService.model_validate(each) for each in content["service"])


def migration_status(app: Litestar) -> str:
    """The whole document."""
    routes = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in document_of(app)["paths"].items()
        for method, operation in item.items()
    }
    parts = [_HEAD, _summary()]
    for service in original_services():
        parts += ["\n", *_service(service, routes)]
    return "".join(parts)


def _summary() -> str:
    lines = ["| Original service | Maps moved | Operations moved | Storage methods moved |\n"]
    lines.append("| --- | --- | --- | --- |\n")
    for service in original_services():
        moved = sum(bool(each.here) for each in service.map)
        done = sum(bool(each) for each in service.operations.values())
        operations = f"{done} of {len(service.operations)}" if service.operations else "none yet"
        named = len(MOVED.get(service.name, ()))
        names = f"{named} of {named + len(NOT_YET_MOVED.get(service.name, ()))}"
        maps = f"{moved} of {len(service.map)}"
        lines.append(f"| {service.title} | {maps} | {operations} | {names} |\n")
    return "".join(lines)


def _service(service: OriginalService, routes: Mapping[str, str]) -> Iterator[str]:
    yield f"## {service.title}\n\n"
    moved = [each for each in service.map if each.here]
    waiting = [_name(each) for each in service.map if not each.here]
    if not moved:
        yield f"Nothing is moved yet: {', '.join(waiting)}.\n"
        yield f"Storage methods not moved: {', '.join(NOT_YET_MOVED[service.name])}.\n"
        yield from _importer(service)
        return
    code = read_code(service.name)
    for each in moved:
        yield from _map(each, code, routes)
    yield "### Operations\n\n| Original | Here | Routes |\n| --- | --- | --- |\n"
    for name, here in service.operations.items():
        called = sorted({routes[r] for o in here for r in code.routes_to(o) if r in routes})
        yield f"| {name} | {_joined(here)} | {_joined(called)} |\n"
    yield "\n### Not moved\n\n"
    yield f"- Maps: {', '.join(waiting) or 'none is left'}.\n"
    unmoved = [name for name, here in service.operations.items() if not here]
    yield f"- Operations: {', '.join(unmoved) or 'none is left'}.\n"
    yield from _importer(service)


def _importer(service: OriginalService) -> Iterator[str]:
    """Which records of a service `wellkept import` places, and which it holds."""
    names = [each.original for each in service.map if "[]" not in each.original]
    placed = [f"`{name}`" for name in names if name in DECLARED]
    held = [f"`{name}`" for name in names if name not in DECLARED]
    yield f"\nAn import places: {', '.join(placed) or 'none yet'}."
    yield f" It holds as they came: {', '.join(held) or 'none'}.\n"


def _map(each: OriginalMap, code: CodeMap, routes: Mapping[str, str]) -> Iterator[str]:
    yield f"### {_name(each)}\n\n"
    yield "| Repository | Table | Operations | Routes | Tests |\n| --- | --- | --- | --- | --- |\n"
    for repository in each.here:
        table = str(ROW_CLASSES[repository].__tablename__)
        operations = code.operations_on(repository)
        called = sorted({routes[r] for o in operations for r in code.routes_to(o) if r in routes})
        tests = _tests(operations, called)
        cells = (f"`store.{repository}`", f"`{table}`", *map(_joined, (operations, called, tests)))
        yield f"| {' | '.join(cells)} |\n"
    yield "\n"


def _name(each: OriginalMap) -> str:
    return f"`{each.original}`" + (f" (table `{each.table}`)" if each.table else "")


def _tests(operations: list[str], routes: list[str]) -> list[str]:
    """The test files that name one of the operations or ask one of the routes."""
    asked = {_end_of(route.split(" ")[1].removeprefix("/api/v1")) for route in routes}
    wanted = [*operations, *(path + end for path in asked for end in ('"', "/", "?"))]
    return [name for name, text in _test_texts().items() if any(each in text for each in wanted)]


def _end_of(path: str) -> str:
    """The words of a path that tell it from its neighbours: those after its last parameter."""
    head, _, tail = path.rpartition("}")
    return tail or head.rpartition("/{")[0]


@cache
def _test_texts() -> Mapping[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
    }


def _joined(names: tuple[str, ...] | list[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names) or "none"
