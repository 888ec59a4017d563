"""The embedded PostgreSQL server: real PostgreSQL under a starter of our own."""

from storage.embedded.errors import (
    BinariesNotFound,
    CredentialsMissing,
    DirectoryUnusable,
    EmbeddedServerError,
    NoServerAccount,
    NotOurServer,
    ServerDied,
    VersionMismatch,
)
from storage.embedded.provision import RoleAddresses, create_database, provision
from storage.embedded.roles import Role, RoleIsMember, install_roles
from storage.embedded.server import EmbeddedServer, StopMode

__all__ = [
    "BinariesNotFound",
    "CredentialsMissing",
    "DirectoryUnusable",
    "EmbeddedServer",
    "EmbeddedServerError",
    "NoServerAccount",
    "NotOurServer",
    "Role",
    "RoleAddresses",
    "RoleIsMember",
    "ServerDied",
    "StopMode",
    "VersionMismatch",
    "create_database",
    "install_roles",
    "provision",
]
