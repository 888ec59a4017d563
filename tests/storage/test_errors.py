"""Which errors of PostgreSQL are a caller's, and which are defects of ours."""

import psycopg
import pytest

from storage.errors import ConstraintRefused
from storage.postgres.errors import translate


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.NumericValueOutOfRange(),
        psycopg.errors.DatetimeFieldOverflow(),
        psycopg.errors.CharacterNotInRepertoire(),
        psycopg.errors.UntranslatableCharacter(),
        psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_value_that_no_column_can_hold_is_the_callers(error: psycopg.Error) -> None:
    assert translate(error) == ConstraintRefused("", "value_can_be_kept")


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.DivisionByZero(),
        psycopg.errors.InvalidTextRepresentation(),
        psycopg.errors.StringDataRightTruncation(),
        psycopg.errors.SyntaxError(),
        psycopg.errors.InsufficientPrivilege(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_our_own_statements_do_wrong_stays_a_defect(error: psycopg.Error) -> None:
    assert translate(error) is None
