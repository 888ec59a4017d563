"""Fields that are made of checked values are the same as those that pydantic makes of them."""

import pytest
from sqlmodel import SQLModel

from storage.rows import CheckedRows, checked_already, columns_of
from storage.tables.claims import ClaimFields, ClaimLineFields, PatientFields
from storage.tables.importing import ImportRecordFields


@pytest.mark.parametrize("kind", [ClaimFields, ClaimLineFields, PatientFields, ImportRecordFields])
def test_what_is_not_given_has_its_default(kind: type[SQLModel]) -> None:
    given = {name: name for name, field in kind.model_fields.items() if field.is_required()}
    assert checked_already(kind, given).__dict__ == kind.model_construct(**given).__dict__


def test_a_default_that_can_change_is_no_other_row_s() -> None:
    one, other = (checked_already(ImportRecordFields, {}) for _ in range(2))
    one.__dict__["notes"].append("rounded")
    assert other.__dict__["notes"] == []


def test_many_rows_have_the_columns_that_each_of_them_has_alone() -> None:
    required = {
        name: name for name, field in ImportRecordFields.model_fields.items() if field.is_required()
    }
    given = [required, required | {"name": "Quill"}, required | {"notes": ["rounded"]}]
    rows = CheckedRows(ImportRecordFields, given)
    assert columns_of(rows) == columns_of(
        [checked_already(ImportRecordFields, each) for each in given]
    )
    assert rows[1].name == "Quill"
    assert [each.notes for each in rows[1:]] == [[], ["rounded"]]
