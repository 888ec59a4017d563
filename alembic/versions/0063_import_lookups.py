"""Records of an import by their natural key or name first: a plan that is made while there are no
statistics of a running import cannot take an index on the import alone for as good a one."""

from alembic import op

revision = "0063"
down_revision = "0065"


def upgrade() -> None:
    op.execute("DROP INDEX ix_import_records_import_id_map_name_natural_key")
    op.execute(
        "CREATE INDEX ix_import_records_natural_key_import_id_map_name ON import_records"
        " (company_id, natural_key, import_id, map_name) WHERE natural_key IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_import_records_name_import_id_map_name ON import_records"
        " (company_id, name, import_id, map_name) WHERE name IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_import_records_name_import_id_map_name")
    op.execute("DROP INDEX ix_import_records_natural_key_import_id_map_name")
    op.execute(
        "CREATE INDEX ix_import_records_import_id_map_name_natural_key ON import_records"
        " (company_id, import_id, map_name, natural_key) WHERE natural_key IS NOT NULL"
    )
