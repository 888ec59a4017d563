"""MIGRATION_STATUS.md is what the code and the schema say."""

import importlib

import pytest
from litestar import Litestar

from app.code_map import ROOT
from app.migration_status import FILE, OriginalService, migration_status, original_services
from storage.postgres.transaction import ROW_CLASSES

pytestmark = pytest.mark.anyio


async def test_the_status_is_up_to_date(application: Litestar) -> None:
    assert FILE.read_text("utf-8") == migration_status(application), (
        "run: wellkept migration-status"
    )


def test_every_map_that_is_moved_names_repositories_of_the_store() -> None:
    named = {name for service in original_services() for each in service.map for name in each.here}
    assert named <= ROW_CLASSES.keys()


@pytest.mark.parametrize("service", original_services(), ids=lambda service: str(service.name))
def test_every_operation_that_is_moved_can_be_called(service: OriginalService) -> None:
    for here in service.operations.values():
        for name in here:
            module, _, operation = name.partition(".")
            paths = (ROOT / "services" / service.name).rglob(f"{module}.py")
            modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
            found = [getattr(importlib.import_module(each), operation, None) for each in modules]
            assert any(map(callable, found)), name
