"""Commands that are imported when they are run, so that none waits for what the others need."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from app.memory import look_for_cycles_rarely


class Deferred(TyperCommand):
    """A command of which nothing but ``line`` is known before it is run or tells its own use.

    ``place`` is the function that it is, as ``package.module:function``; its parameters are the
    command's, and its docstring, which begins with ``line``, is the command's help.
    """

    def __init__(self, name: str, place: str, line: str) -> None:
        super().__init__(name, short_help=line)
        self.place = place

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """What a call of the command itself is made of, so that this is what runs."""
        command = self.imported()
        look_for_cycles_rarely()
        return command.make_context(*arguments, **options)

    def imported(self) -> Any:
        """The command itself."""
        module, _, function = self.place.partition(":")
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(getattr(import_module(module), function))
        return typer.main.get_command(alone)


def group(name: str, line: str, commands: Sequence[Deferred]) -> TyperGroup:
    """Commands that share their first word."""
    return TyperGroup(name=name, help=line, commands=commands, no_args_is_help=True)
