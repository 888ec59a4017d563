"""Which operations work on which rows, and which routes call them: read off the source.

Nothing is imported or run for it; a route calls an operation where its function names
``module.operation``, and an operation works on a repository where it, or a function of its module
that it calls, names ``store.<repository>``.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Function = ast.AsyncFunctionDef | ast.FunctionDef


@dataclass(frozen=True)
class CodeMap:
    """What names what."""

    repositories_of: Mapping[str, frozenset[str]]
    """By operation: ``claims.create_claim``."""
    operations_of: Mapping[str, frozenset[str]]
    """By ``operation_id`` of a route."""

    def operations_on(self, repository: str) -> list[str]:
        """The operations that work on a repository."""
        return sorted(name for name, used in self.repositories_of.items() if repository in used)

    def routes_to(self, operation: str) -> list[str]:
        """The ``operation_id`` of the routes that call an operation."""
        return sorted(name for name, used in self.operations_of.items() if operation in used)


def read_code(service: str) -> CodeMap:
    """The map of one service's operations, its packages' as well, and of every route."""
    repositories: dict[str, frozenset[str]] = {}
    for path in sorted((ROOT / "services" / service).rglob("*.py")):
        functions = dict(_functions(ast.parse(path.read_text("utf-8"))))
        for name, function in functions.items():
            if not name.startswith("_") and isinstance(function, ast.AsyncFunctionDef):
                used = frozenset(_repositories(function, functions, set()))
                if used:
                    repositories[f"{path.stem}.{name}"] = used
    routes = {
        name: frozenset(_qualified_names(function))
        for path in sorted((ROOT / "app" / "api").glob("*.py"))
        for name, function in _routes(ast.parse(path.read_text("utf-8")))
    }
    return CodeMap(repositories, routes)


def _functions(module: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in module.body:
        if isinstance(node, Function):
            yield node.name, node


def _repositories(
    function: Function, functions: Mapping[str, Function], seen: set[str]
) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id="store"), attr=name):
                yield name
            case ast.Name(id=name) if name in functions and name not in seen:
                seen.add(name)
                yield from _repositories(functions[name], functions, seen)
            case _:
                pass


def _routes(module: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions that declare an ``operation_id``, by it."""
    for node in ast.walk(module):
        if not isinstance(node, Function):
            continue
        for decorator in node.decorator_list:
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
                match keyword:
                    case ast.keyword(arg="operation_id", value=ast.Constant(value=str(name))):
                        yield name, node
                    case _:
                        pass


def _qualified_names(function: Function) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                yield f"{module}.{name}"
            case _:
                pass
