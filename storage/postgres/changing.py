"""The statements that change a repository's rows, compiled once a shape.

A statement that changes a mutable row writes its ``audit_log`` row itself.
"""

from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from storage.postgres.sql import Row, compiled, of_company, table_of
from storage.rows import BOOKKEEPING, AppendOnlyRow, SealedRow, TransactionId, is_trailed
from storage.tables.claims import Claim, Patient
from storage.tables.trail import AuditEntry
from storage.vocabulary.identity import AuditAction

_MOST_SHAPES = 1_000


def written_columns(row: Row) -> list["sa.Column[Any]"]:
    """The columns that the program writes: all but those that the database stamps."""
    return [c for c in table_of(row).columns if not isinstance(c.type, TransactionId)]


def _document(source: sa.FromClause, columns: list["sa.Column[Any]"]) -> sa.ColumnElement[Any]:
    """A JSON object of some columns.

    It is made of a row, which takes half as long as ``jsonb_build_object`` does, and has its keys
    in the order that jsonb keeps them in: shorter ones first. Sorting them is a third of the rest.
    """
    names = sorted((c.name for c in columns), key=lambda name: (len(name), name))
    shown = sa.select(*(source.c[name] for name in names)).correlate(source).lateral("shown")
    return (
        sa.select(sa.func.to_jsonb(sa.literal_column("shown"), type_=pg.JSONB))
        .select_from(shown)
        .scalar_subquery()
    )


def _whole_document(
    source: sa.FromClause, columns: list["sa.Column[Any]"]
) -> sa.ColumnElement[Any]:
    """A JSON object of a row that is made or goes: what is null is not in it.

    Nulls within a column that is a document itself are part of what it says, and stay.
    """
    plain = [c for c in columns if not isinstance(c.type, pg.JSONB)]
    whole: sa.ColumnElement[Any] = sa.func.jsonb_strip_nulls(
        _document(source, plain), type_=pg.JSONB
    )
    for column in columns:
        if isinstance(column.type, pg.JSONB):
            value = source.c[column.name]
            name: sa.ColumnElement[str] = sa.literal_column(f"'{column.name}'")
            said = sa.func.jsonb_build_object(name, value, type_=pg.JSONB)
            whole = whole.concat(sa.case((value.is_not(None), said), else_=_EMPTY))
    return whole


def _trail(
    changed: sa.CTE,
    table: sa.Table,
    action: AuditAction,
    trail_id: sa.ColumnElement[Any],
    *,
    before: sa.ColumnElement[Any],
    after: sa.ColumnElement[Any],
    former_patient: sa.ColumnElement[Any] | None = None,
    source: sa.FromClause | None = None,
) -> sa.CTE:
    """The CTE that writes the audit rows of the rows in ``changed``."""
    audit = table_of(AuditEntry)
    return (
        sa.insert(audit)
        .from_select(
            [
                "company_id",
                "id",
                "recorded_at",
                "recorded_by",
                "request_id",
                "action",
                "entity",
                "entity_id",
                "before",
                "after",
                "patient_id",
                "former_patient_id",
            ],
            sa.select(
                changed.c.company_id,
                trail_id,
                sa.bindparam("now", type_=sa.DateTime(timezone=True)),
                sa.bindparam("actor_id", type_=sa.Uuid),
                sa.bindparam("request_id", type_=sa.Uuid),
                sa.literal_column(f"'{action.value}'"),
                sa.literal_column(f"'{table.name}'"),
                changed.c.id,
                before,
                after,
                _patient(table, changed),
                _NOBODY if former_patient is None else former_patient,
            ).select_from(changed if source is None else source),
            include_defaults=False,
        )
        .returning(audit.c.id)
        .cte("trail")
    )


_NOTHING = sa.null().cast(pg.JSONB)
_EMPTY: sa.ColumnElement[Any] = sa.literal_column("'{}'::jsonb", type_=pg.JSONB)
_NOBODY = sa.null().cast(sa.Uuid)


def _ties(table: sa.Table) -> list["sa.Column[Any]"]:
    """The column that ties a row to its patient, if there is one."""
    if table is table_of(Patient):
        return [table.c.id]
    return [table.c[name] for name in ("patient_id", "claim_id") if name in table.c][:1]


def _patient(table: sa.Table, changed: sa.CTE) -> sa.ColumnElement[Any]:
    """Whom a changed row is about; a part of a claim is about the claim's patient."""
    ties = _ties(table)
    if not ties:
        return _NOBODY
    tie: sa.ColumnElement[Any] = changed.c[ties[0].name]
    if ties[0].name != "claim_id":
        return tie
    claims = table_of(Claim)
    return (
        sa.select(claims.c.patient_id)
        .where(of_company(claims), claims.c.id == tie)
        .correlate(changed)
        .scalar_subquery()
    )


@cache
def insert_one(row: Row) -> str:
    """Insert one row given by column name; a mutable one leaves its trail. Returns nothing."""
    table = table_of(row)
    insert = sa.insert(table).values(
        {c.name: sa.bindparam(c.name, type_=c.type) for c in written_columns(row)}
    )
    if issubclass(row, SealedRow):
        return compiled(insert.returning(table.c.xid))
    if issubclass(row, AppendOnlyRow):
        return compiled(insert)
    new = insert.returning(*table.columns).cte("new")
    trailed = [c for c in table.columns if is_trailed(c)]
    trail = _trail(
        new,
        table,
        AuditAction.CREATE,
        sa.bindparam("trail_id", type_=sa.Uuid),
        before=_NOTHING,
        after=_whole_document(new, trailed),
    )
    return compiled(sa.select(sa.literal_column("1")).add_cte(new, trail))


def _element_type(column: "sa.Column[Any]") -> sa.types.TypeEngine[Any]:
    """What one element of the array of a column's values is sent as."""
    if isinstance(column.type, pg.ARRAY | pg.JSONB):
        return sa.Text()
    return column.type


def _with_trail_ids(parameter: str, *, with_versions: bool = False) -> sa.TableValuedAlias:
    """The ids in an array, each with that of its row in the trail, and with the version that the
    row must have."""
    given: list[tuple[str, sa.ColumnElement[Any]]] = [
        (parameter, sa.column("id", sa.Uuid)),
        ("trail_ids", sa.column("trail_id", sa.Uuid)),
    ]
    if with_versions:
        given.append(("expected_version", sa.column("expected_version", sa.Integer)))
    return (
        sa.func.unnest(*(sa.bindparam(name, type_=pg.ARRAY(c.type)) for name, c in given))
        .table_valued(*(column for _, column in given))
        .render_derived(name="paired")
    )


@lru_cache(maxsize=_MOST_SHAPES)
def insert_many(
    row: Row,
    shared: frozenset[str] = frozenset(),
    absent: frozenset[str] = frozenset(),
    *,
    is_sparse: bool = True,
) -> str:
    """Insert rows given as one array a column; mutable ones leave their trail.

    What all rows have in common (company, author, time, the columns that are ``shared``) is given
    once, not once a row. Columns that are ``absent``, null in every row, are not built for the
    trail; unless a row ``is_sparse``, with nulls in others, none has to be searched for nulls.
    """
    table = table_of(row)
    columns = written_columns(row)
    once = (BOOKKEEPING | shared) - {"id"}
    varying = [c for c in columns if c.name not in once]
    given = (
        sa.func.unnest(*(sa.bindparam(c.name, type_=pg.ARRAY(_element_type(c))) for c in varying))
        .table_valued(*(sa.column(c.name, _element_type(c)) for c in varying))
        .render_derived(name="given")
    )
    source = sa.select(
        *(
            sa.bindparam(c.name, type_=c.type)
            if c.name in once
            else sa.cast(given.c[c.name], c.type)
            if isinstance(c.type, pg.ARRAY | pg.JSONB)
            else given.c[c.name]
            for c in columns
        )
    ).select_from(given)
    insert = sa.insert(table).from_select([c.name for c in columns], source, include_defaults=False)
    if issubclass(row, AppendOnlyRow):
        return compiled(insert)
    trailed = [c for c in table.columns if is_trailed(c) and c.name not in absent]
    new = insert.returning(*table.columns).cte("new")
    paired = _with_trail_ids("id")
    trail = _trail(
        new,
        table,
        AuditAction.CREATE,
        paired.c.trail_id,
        before=_NOTHING,
        after=_whole_document(new, trailed) if is_sparse else _document(new, trailed),
        source=new.join(paired, paired.c.id == new.c.id),
    )
    return compiled(sa.select(sa.literal_column("1")).add_cte(new, trail))


@cache
def update_one(row: Row, changed_columns: tuple[str, ...]) -> str:
    """Change columns of one row of an expected version and leave the trail; returns the row."""
    table = table_of(row)
    old = (
        sa.select(*table.columns)
        .where(
            of_company(table),
            table.c.id == sa.bindparam("id", type_=sa.Uuid),
            table.c.version == sa.bindparam("expected_version", type_=sa.Integer),
        )
        .cte("old")
    )
    changed = (
        sa.update(table)
        .where(
            of_company(table),
            table.c.id == old.c.id,
            table.c.version == sa.bindparam("expected_version", type_=sa.Integer),
        )
        .values(
            {
                **{name: sa.bindparam(name, type_=table.c[name].type) for name in changed_columns},
                "version": table.c.version + sa.literal_column("1"),
                "updated_at": sa.bindparam("now", type_=sa.DateTime(timezone=True)),
                "updated_by": sa.bindparam("actor_id", type_=sa.Uuid),
            }
        )
        .returning(*table.columns)
        .cte("changed")
    )
    shown = [table.c[name] for name in changed_columns if is_trailed(table.c[name])]
    trail = _trail(
        changed,
        table,
        AuditAction.UPDATE,
        sa.bindparam("trail_id", type_=sa.Uuid),
        before=_document(old, shown),
        after=_document(changed, shown),
        former_patient=sa.func.nullif(
            sa.select(old.c.patient_id).scalar_subquery(), changed.c.patient_id
        )
        if "patient_id" in changed_columns
        else None,
    )
    return compiled(sa.select(*(changed.c[c.name] for c in table.columns)).add_cte(trail))


@cache
def update_many(row: Row, changed_columns: tuple[str, ...]) -> str:
    """Change the same columns of many rows, each of its expected version; returns their ids."""
    table = table_of(row)
    columns = [table.c[name] for name in changed_columns]
    given = (
        sa.func.unnest(
            sa.bindparam("id", type_=pg.ARRAY(sa.Uuid)),
            sa.bindparam("expected_version", type_=pg.ARRAY(sa.Integer)),
            sa.bindparam("trail_ids", type_=pg.ARRAY(sa.Uuid)),
            *(sa.bindparam(c.name, type_=pg.ARRAY(_element_type(c))) for c in columns),
        )
        .table_valued(
            sa.column("id", sa.Uuid),
            sa.column("expected_version", sa.Integer),
            sa.column("trail_id", sa.Uuid),
            *(sa.column(f"new_{c.name}", _element_type(c)) for c in columns),
        )
        .render_derived(name="given")
    )
    old = table.alias("old")
    was = (
        sa.select(
            old.c.id,
            given.c.trail_id,
            *(sa.cast(given.c[f"new_{c.name}"], c.type).label(f"new_{c.name}") for c in columns),
            *(old.c[c.name] for c in columns),
        )
        .select_from(given.join(old, old.c.id == given.c.id))
        .where(of_company(old), old.c.version == given.c.expected_version)
        .with_for_update(of=old)
        .cte("was")
    )
    changed = (
        sa.update(table)
        .where(of_company(table), table.c.id == was.c.id)
        .values(
            {
                **{c.name: was.c[f"new_{c.name}"] for c in columns},
                "version": table.c.version + sa.literal_column("1"),
                "updated_at": sa.bindparam("now", type_=sa.DateTime(timezone=True)),
                "updated_by": sa.bindparam("actor_id", type_=sa.Uuid),
            }
        )
        .returning(*dict.fromkeys([table.c.company_id, table.c.id, *columns, *_ties(table)]))
        .cte("changed")
    )
    shown = [c for c in columns if is_trailed(c)]
    trail = _trail(
        changed,
        table,
        AuditAction.UPDATE,
        was.c.trail_id,
        before=_document(was, shown),
        after=_document(changed, shown),
        former_patient=sa.func.nullif(was.c.patient_id, changed.c.patient_id)
        if "patient_id" in changed_columns
        else None,
        source=changed.join(was, was.c.id == changed.c.id),
    )
    return compiled(sa.select(changed.c.id).add_cte(trail))


@cache
def delete_one(row: Row) -> str:
    """Remove one row of an expected version and leave the trail; returns its id."""
    table = table_of(row)
    gone = (
        sa.delete(table)
        .where(
            of_company(table),
            table.c.id == sa.bindparam("id", type_=sa.Uuid),
            table.c.version == sa.bindparam("expected_version", type_=sa.Integer),
        )
        .returning(*table.columns)
        .cte("gone")
    )
    return _deletion(table, gone, sa.bindparam("trail_id", type_=sa.Uuid))


@cache
def delete_many(row: Row, *, are_of_versions: bool = False) -> str:
    """Remove rows given by an array of ids, where told so each of its expected version, and leave
    their trail; returns their ids."""
    table = table_of(row)
    paired = _with_trail_ids("ids", with_versions=are_of_versions)
    is_expected = table.c.version == paired.c.expected_version if are_of_versions else sa.true()
    gone = (
        sa.delete(table)
        .where(of_company(table), table.c.id == paired.c.id, is_expected)
        .returning(*table.columns, paired.c.trail_id)
        .cte("gone")
    )
    return _deletion(table, gone, gone.c.trail_id)


def _deletion(table: sa.Table, gone: sa.CTE, trail_id: sa.ColumnElement[Any]) -> str:
    """The ids of the rows in ``gone``, and their trail."""
    trailed = [c for c in table.columns if is_trailed(c)]
    trail = _trail(
        gone,
        table,
        AuditAction.DELETE,
        trail_id,
        before=_whole_document(gone, trailed),
        after=_NOTHING,
    )
    return compiled(sa.select(gone.c.id).add_cte(trail))
