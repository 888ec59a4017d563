"""Files of before they had rows: the migration gives each one, and its content still opens."""

import psycopg

from storage import migrations
from storage.embedded import EmbeddedServer
from storage.identifiers import new_id
from tests.builders.tenant_rows import bind, fill_every_table, insert, made_row, tables
from tests.servers import migrated_database

BEFORE = "0006"


def test_the_file_of_every_remittance_gets_a_row(server: EmbeddedServer) -> None:
    addresses = migrated_database(server, "earlier")
    company_id = new_id()
    (companies,) = (table for table in tables() if table.name == "companies")
    with psycopg.connect(addresses.owner) as connection:
        bind(connection, company_id)
        row = made_row(companies, company_id, {}, 1)
        insert(connection, "companies", row | {"id": str(company_id), "time_zone": "UTC"})
    fill_every_table(addresses.owner, company_id)
    migrations.downgrade(addresses.owner, BEFORE)
    migrations.upgrade(addresses.owner)
    with psycopg.connect(addresses.app) as connection:
        bind(connection, company_id)
        found = connection.execute(
            "SELECT f.purpose, f.name = r.file_name, f.sha256 = r.sha256, f.data_key_number,"
            " f.retain_until = f.created_at::date + interval '7 years'"
            " FROM remittances AS r JOIN stored_files AS f"
            " ON f.company_id = r.company_id AND f.id = r.file_id"
        ).fetchall()
    assert found == [("remittance", True, True, 0, True)]
