"""``wellkept database``: what the database says of itself."""

from rich.console import Console
from rich.table import Table

from app.runtime import installation
from app.settings import Settings
from storage.postgres.report import Section, database_report

_NARROWEST = 120


def report() -> None:
    """Show slow statements, long transactions, and indexes and tables that want attention.

    It reads PostgreSQL's statistics as the owner, never a row, and shows statements without any
    value that was in them. What it may not see or what is not loaded, it says.
    """
    settings = Settings.from_environment()
    with installation(settings) as place:
        sections = database_report(place.owner)
    console = Console(width=max(_NARROWEST, Console().width), markup=False, highlight=False)
    for section in sections:
        _show(console, section)


def _show(console: Console, section: Section) -> None:
    console.print(section.title if section.rows else f"{section.title}: none")
    for each in section.missing:
        console.print(f"  incomplete: {each}")
    if section.rows:
        table = Table(*section.columns)
        for column in table.columns:
            column.overflow = "fold"
        for row in section.rows:
            table.add_row(*row)
        console.print(table)
    console.print()
