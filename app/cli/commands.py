"""The commands of the program, by name."""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from app.cli.deferred import Deferred, group

COMMANDS: Sequence[Deferred | TyperGroup] = (
    Deferred(
        "run",
        "app.cli.run:run",
        "Start the database, bring its schema up to date, and serve with the worker beside.",
    ),
    Deferred(
        "serve",
        "app.cli.serve:serve",
        "Answer HTTP requests, with the worker beside, until SIGTERM or Ctrl-C.",
    ),
    Deferred("work", "app.cli.work:work", "Run the jobs of the queue until SIGTERM or Ctrl-C."),
    Deferred(
        "migrate",
        "app.cli.migrate:migrate",
        "Bring the schema of the database up to date, as its owner.",
    ),
    Deferred(
        "status",
        "app.cli.status:status",
        "Say what this installation is made of and whether it is fit to serve.",
    ),
    Deferred(
        "backup",
        "app.cli.backup:backup",
        "Copy the embedded server while it works, with the kept files, and prove that it comes"
        " back.",
    ),
    Deferred(
        "restore",
        "app.cli.backup:restore",
        "Bring a backup back into the data directory, which must not hold a database yet.",
    ),
    Deferred(
        "seal",
        "app.cli.trail:seal",
        "Seal now what was committed; the worker does it by itself twice a minute.",
    ),
    Deferred(
        "maintain",
        "app.cli.trail:maintain",
        "Make partitions ahead, retire what is past its retention, delete what has done its work.",
    ),
    Deferred(
        "retention",
        "app.cli.trail:retention",
        "Say how far it all reaches back, what would be retired now, and what is kept for whom.",
    ),
    Deferred(
        "import",
        "app.cli.imports:import_dump",
        "Bring in the records of another installation from FILE, or from every .json of a FOLDER.",
    ),
    Deferred(
        "signing-keys",
        "app.cli.signing_keys:signing_keys",
        "Print the public keys that this installation signs and has signed documents with.",
    ),
    Deferred(
        "migration-status",
        "app.cli.migration_status:write_migration_status",
        "Write MIGRATION_STATUS.md from the code and the schema.",
    ),
    group(
        "company",
        "Companies of the installation.",
        [
            Deferred("create", "app.cli.identity:create_company", "Found a company."),
            Deferred(
                "export",
                "app.cli.archives:export",
                "Write all of a company's records and kept files to FILE, encrypted with a"
                " passphrase.",
            ),
            Deferred(
                "import-archive",
                "app.cli.archives:import_archive",
                "Bring a company in from an archive: all of it, every row compared, or nothing.",
            ),
            Deferred(
                "delete",
                "app.cli.deletions:delete",
                "Delete a company for good: nobody enters it from now on, and all that no"
                " retention holds goes.",
            ),
            Deferred(
                "deletions",
                "app.cli.deletions:deletions",
                "List the companies that are closed: since when, what is left of them and until"
                " when, and what keeps a deletion from getting on.",
            ),
            Deferred(
                "certificate",
                "app.cli.deletions:certificate",
                "Print the newest certificate of a company that was deleted.",
            ),
            Deferred(
                "held",
                "app.cli.held:held",
                "Say what retention holds of a company that was deleted, table by table; with"
                " --export write it to an archive.",
            ),
            Deferred(
                "verify-certificate",
                "app.cli.deletions:verify_certificate",
                "Check a certificate of deletion without a database.",
            ),
        ],
    ),
    group(
        "user",
        "People who sign in.",
        [
            Deferred("create", "app.cli.identity:create_user", "Add a person to a company."),
            Deferred(
                "disable",
                "app.cli.identity:disable_user",
                "End a person's sessions and let them sign in no more.",
            ),
            Deferred(
                "reset-second-factor",
                "app.cli.identity:reset_second_factor",
                "Take away a lost second factor and end the person's sessions: they enrol another"
                " one.",
            ),
        ],
    ),
    group(
        "key",
        "API keys of companies' own systems.",
        [
            Deferred("create", "app.cli.identity:create_key", "Make an API key."),
            Deferred(
                "rotate",
                "app.cli.identity:rotate_key",
                "Give a key a new secret and print it; the old one holds for the overlap.",
            ),
            Deferred("revoke", "app.cli.identity:revoke_key", "End a key at once."),
            Deferred(
                "list",
                "app.cli.identity:list_keys",
                "List the keys of a company, newest first, revoked ones too.",
            ),
        ],
    ),
    group(
        "audit",
        "Check the audit trail and export its roots.",
        [
            Deferred(
                "verify",
                "app.cli.trail:verify",
                "Check every row against the seals, and the seals against keys and exported ROOTS.",
            ),
            Deferred(
                "export",
                "app.cli.trail:export",
                "Print the present end of every chain as JSON lines, to be kept away from the"
                " database.",
            ),
            Deferred(
                "public-key", "app.cli.trail:public_key", "Print the public key of the signing key."
            ),
        ],
    ),
    group(
        "jobs",
        "Jobs that the worker gave up on.",
        [
            Deferred("list", "app.cli.jobs:list_failed", "List the jobs that failed for good."),
            Deferred("retry", "app.cli.jobs:retry", "Put failed jobs back into the queue."),
        ],
    ),
    group(
        "database",
        "What the database says of itself.",
        [
            Deferred(
                "report",
                "app.cli.database:report",
                "Show slow statements, long transactions, and indexes and tables that want"
                " attention.",
            ),
        ],
    ),
    group(
        "secrets",
        "Master keys and what is sealed under them.",
        [
            Deferred(
                "status",
                "app.cli.secrets:status",
                "Say how many data keys each master key seals, and which keys were given.",
            ),
            Deferred(
                "reseal",
                "app.cli.secrets:reseal",
                "Seal every data key anew under the current master key, while the program runs.",
            ),
            Deferred(
                "new-data-keys",
                "app.cli.secrets:new_data_keys",
                "Give every company that has secrets a new data key, and seal its secrets anew"
                " under it.",
            ),
        ],
    ),
    group(
        "files",
        "Kept files.",
        [
            Deferred(
                "check",
                "app.cli.files:check",
                "Hold the store against the database: files without an object, objects without a"
                " file.",
            ),
        ],
    ),
    group(
        "codes",
        "Code tables and fee schedules.",
        [
            Deferred(
                "load",
                "app.cli.codes:load",
                "Load an edition of a table from FILE: all of it, or nothing.",
            ),
            Deferred(
                "list",
                "app.cli.codes:list_",
                "List the editions of a company's tables, the newest first.",
            ),
        ],
    ),
    group(
        "mips",
        "CMS's lists of MIPS measures and benchmarks.",
        [
            Deferred(
                "load",
                "app.cli.mips:load",
                "Load one of CMS's lists from FILE: all of it, or nothing.",
            ),
            Deferred("list", "app.cli.mips:list_", "List a company's lists, the newest first."),
            Deferred(
                "rules",
                "app.cli.mips:rules",
                "Show every constant that a year scores by, and where it was read.",
            ),
        ],
    ),
    group(
        "pack",
        "Packs of compliance requirements, and audit packs.",
        [
            Deferred(
                "verify",
                "app.cli.pack:verify",
                "Check that nothing of a pack is missing, added or changed.",
            ),
            Deferred(
                "list",
                "app.cli.packs:list_",
                "List packs: those that come with the program, and those of a company.",
            ),
            Deferred(
                "show",
                "app.cli.packs:show",
                "Show the requirements of a pack, or of a file before it is imported.",
            ),
            Deferred(
                "import",
                "app.cli.packs:import_",
                "Put a pack on a company's shelf, where it can adopt it or upgrade to it.",
            ),
        ],
    ),
    group(
        "remittance",
        "Remittances (835).",
        [
            Deferred(
                "post",
                "app.cli.remittances:post",
                "Post 835 FILES to the claims of a company and print what was posted and what"
                " waits.",
            ),
        ],
    ),
)


class _Program(TyperGroup):
    """All of the commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "commands": COMMANDS})


application = typer.Typer(
    name="wellkept",
    cls=_Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@application.callback()
def wellkept() -> None:
    """Claims, remittances and regulatory compliance, kept in PostgreSQL."""
