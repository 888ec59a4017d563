"""The schema keeps the house rules."""

import psycopg

from storage.catalogue import broken_rules
from storage.embedded import RoleAddresses


def test_every_table_keeps_the_house_rules(addresses: RoleAddresses) -> None:
    with psycopg.connect(addresses.app) as connection:
        assert [str(rule) for rule in broken_rules(connection)] == []
