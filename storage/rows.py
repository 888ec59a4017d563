"""The bases that every tenant table derives from, and the column kinds they are made of."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast, overload
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

SQLModel.model_config["defer_build"] = True  # rows are not validated, and few fields in any one run
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_1_name)s",
    "uq": "uq_%(table_name)s_%(column_1_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_1_name)s",
}


class TransactionId(sa.types.UserDefinedType[int]):
    """PostgreSQL's ``xid8``: the 64-bit id of the writing transaction."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def key_column(**options: Any) -> Any:
    """A UUID that names a row."""
    return Field(sa_type=sa.Uuid, **options)


def text_column(
    max_length: int, *, searched: bool = False, secret: bool = False, **options: Any
) -> Any:
    """Text of a bounded length.

    ``searched`` columns are compared byte by byte, so that a prefix search can use their index;
    ``secret`` ones never stand in the trail.
    """
    return Field(
        max_length=max_length,
        sa_type=sa.Text(collation="C") if searched else sa.Text,
        sa_column_kwargs={"info": {"secret": secret}},
        **options,
    )


def choice_column(vocabulary: type[StrEnum], **options: Any) -> Any:
    """A closed vocabulary: text in the database, held by a CHECK that the table gets by itself."""
    return Field(sa_type=sa.Text, sa_column_kwargs={"info": {"vocabulary": vocabulary}}, **options)


def cents_column(**options: Any) -> Any:
    """Money: a whole number of cents."""
    return Field(sa_type=sa.BigInteger, **options)


def quantity_column(precision: int, scale: int, **options: Any) -> Any:
    """An exact decimal of a stated scale."""
    return Field(sa_type=sa.Numeric(precision, scale), **options)


def moment_column(**options: Any) -> Any:
    """A point in time, kept in UTC."""
    return Field(sa_type=sa.DateTime(timezone=True), **options)


def date_column(**options: Any) -> Any:
    """A calendar day."""
    return Field(sa_type=sa.Date, **options)


def texts_column(*, secret: bool = False, **options: Any) -> Any:
    """A short list of texts that is shown and checked, never filtered by; ``secret`` ones never
    stand in the trail."""
    return Field(
        sa_type=pg.ARRAY(sa.Text), sa_column_kwargs={"info": {"secret": secret}}, **options
    )


def numbers_column(**options: Any) -> Any:
    """A short list of whole numbers that is shown and used, never filtered by."""
    return Field(sa_type=pg.ARRAY(sa.Integer), **options)


def keys_column(**options: Any) -> Any:
    """A short list of ids that is shown, never filtered by."""
    return Field(sa_type=pg.ARRAY(sa.Uuid), **options)


def document_column(model: type[BaseModel], **options: Any) -> Any:
    """JSONB with the pydantic model that checks it on the way in and out."""
    return Field(sa_type=pg.JSONB, sa_column_kwargs={"info": {"model": model}}, **options)


def bytes_column(*, secret: bool = False, **options: Any) -> Any:
    """Raw bytes: hashes and signatures; ``secret`` ones never stand in the trail."""
    return Field(sa_type=sa.LargeBinary, sa_column_kwargs={"info": {"secret": secret}}, **options)


def sealed_column(**options: Any) -> Any:
    """A secret that ``store.secrets`` has sealed for this table and column; never in the trail.

    It stands only in rows that can change: new data keys seal it anew.
    """
    return Field(
        sa_type=sa.LargeBinary,
        sa_column_kwargs={"info": {"secret": True, "sealed": True}},
        **options,
    )


class TenantRow(SQLModel):
    """A row that can change: one company's, versioned, with who and when."""

    company_id: UUID = key_column(primary_key=True)
    id: UUID = key_column(primary_key=True)
    version: int = Field(sa_type=sa.Integer)
    created_at: dt.datetime = moment_column()
    created_by: UUID = key_column()
    updated_at: dt.datetime = moment_column()
    updated_by: UUID = key_column()


class AppendOnlyRow(SQLModel):
    """A row that is never changed: its own record of who and when."""

    company_id: UUID = key_column(primary_key=True)
    id: UUID = key_column(primary_key=True)
    recorded_at: dt.datetime = moment_column()
    recorded_by: UUID = key_column()


class SealedRow(AppendOnlyRow):
    """An append-only row that the sealer covers; the database stamps its transaction."""

    xid: int = Field(
        sa_type=TransactionId,
        sa_column_kwargs={"server_default": sa.text("pg_current_xact_id()")},
    )


class DerivedRow(SQLModel):
    """What is computed of other rows and can be computed anew: no author, no version, no trail.

    It is written by the transaction that changes what it is computed of.
    """

    company_id: UUID = key_column(primary_key=True)
    id: UUID = key_column(primary_key=True)


Fields = TypeVar("Fields", bound=SQLModel)


@cache
def _defaults(
    kind: type[SQLModel],
) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """The fields that have a default, and those that have one made for them."""
    plain, made = {}, []
    for name, field in kind.model_fields.items():
        if (factory := field.default_factory) is not None:
            assert not field.default_factory_takes_validated_data, f"{kind.__name__}.{name}"
            made.append((name, cast("Callable[[], Any]", factory)))
        elif not field.is_required():
            plain[name] = field.default
    return plain, tuple(made)


def checked_already(kind: type[Fields], values: Mapping[str, Any]) -> Fields:
    """The fields of a row from values that need no check, as ``model_construct`` makes them.

    That asks each default factory for its signature, every time: rows that come by the hundred
    thousand spend more on it than on the database.
    """
    plain, made = _defaults(kind)
    content = {**plain, **values}
    for name, default in made:
        if name not in values:
            content[name] = default()
    fields = object.__new__(kind)
    object.__setattr__(fields, "__dict__", content)
    return fields


class CheckedRows(Sequence[Fields]):
    """The fields of many rows from values that need no check; what one does not name has its
    default. A column that none of them names is not looked at row by row."""

    def __init__(self, kind: type[Fields], values: Sequence[Mapping[str, Any]]) -> None:
        self._kind, self._values = kind, values

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, place: int) -> Fields: ...

    @overload
    def __getitem__(self, place: slice) -> "CheckedRows[Fields]": ...

    def __getitem__(self, place: int | slice) -> "Fields | CheckedRows[Fields]":
        if isinstance(place, slice):
            return CheckedRows(self._kind, self._values[place])
        return checked_already(self._kind, self._values[place])

    def columns(self) -> dict[str, list[Any]]:
        """What each field is in each row."""
        plain, made = _defaults(self._kind)
        defaults = plain | {name: default() for name, default in made}
        named: set[str] = set().union(*self._values)
        return {
            name: _column(self._values, name, defaults)
            if name in named
            else [defaults[name]] * len(self._values)
            for name in self._kind.model_fields
        }


def _column(rows: Sequence[Mapping[str, Any]], name: str, defaults: Mapping[str, Any]) -> list[Any]:
    if name not in defaults:
        return [row[name] for row in rows]
    default = defaults[name]
    return [row.get(name, default) for row in rows]


def columns_of(rows: Sequence[SQLModel]) -> dict[str, list[Any]]:
    """What each field is in each of some rows of one class, of which there is at least one."""
    if isinstance(rows, CheckedRows):
        return rows.columns()
    contents = [row.__dict__ for row in rows]
    return {name: [content[name] for content in contents] for name in type(rows[0]).model_fields}


BOOKKEEPING = frozenset({*TenantRow.model_fields, *SealedRow.model_fields})
"""Columns that the repository or the database fills; nobody else can."""


def is_trailed(column: "sa.Column[Any]") -> bool:
    """Whether the trail shows this column's values."""
    return column.name not in BOOKKEEPING and not column.info.get("secret", False)


def belongs_to(table: str, column: str, *, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    """A foreign key to another tenant table, company included, so that it cannot cross tenants."""
    return sa.ForeignKeyConstraint(
        ["company_id", column], [f"{table}.company_id", f"{table}.id"], ondelete=on_delete
    )


def refers_to(table: str, columns: Mapping[str, str]) -> sa.ForeignKeyConstraint:
    """A foreign key over several columns (ours to theirs), company included.

    Theirs have to be unique together; the key is named after the first of ours.
    """
    return sa.ForeignKeyConstraint(
        ["company_id", *columns],
        [f"{table}.{column}" for column in ("company_id", *columns.values())],
    )


def unique(table: str, *columns: str, where: str | None = None) -> sa.schema.SchemaItem:
    """Uniqueness within one company, named after the table and its columns."""
    name = f"uq_{table}_{'_'.join(columns)}"
    if where is None:
        return sa.UniqueConstraint("company_id", *columns, name=name)
    return sa.Index(name, "company_id", *columns, unique=True, postgresql_where=sa.text(where))


def index(table: str, *columns: str, where: str | None = None) -> sa.Index:
    """An index within one company."""
    return sa.Index(
        f"ix_{table}_{'_'.join(columns)}",
        "company_id",
        *columns,
        postgresql_where=None if where is None else sa.text(where),
    )


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A rule that the database holds; ``name`` says what is true."""
    return sa.CheckConstraint(condition, name=name)


def add_vocabulary_checks(metadata: sa.MetaData) -> None:
    """Give every ``choice_column`` the CHECK that closes its vocabulary (idempotent)."""
    for table in metadata.tables.values():
        held = {constraint.name for constraint in table.constraints}
        for column in table.columns:
            vocabulary = column.info.get("vocabulary")
            name = f"{column.name}_is_known"
            if vocabulary is None or f"ck_{table.name}_{name}" in held or name in held:
                continue
            values = ", ".join(f"'{member.value}'" for member in vocabulary)
            table.append_constraint(check(name, f"{column.name} IN ({values})"))
