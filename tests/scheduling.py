"""Which worker runs which tests, where there are several (``pytest -n 3 --dist loadfile``)."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadFileScheduling

SHARING = frozenset({"tests/running"})
"""Folders whose files share what takes long to make (the demonstration): one worker runs them."""

ALONE = frozenset({"tests/running/test_contract.py"})
"""Files of such a folder that take as long as all the others: whoever runs one makes that anew."""

LONGEST = (
    "tests/running/test_contract.py",
    "tests/running",
    "tests/properties/test_posting_books.py",
    "tests/isolation/test_http_isolation.py",
    "tests/storage/test_embedded.py",
    "tests/isolation/test_rows.py",
    "tests/cli/test_serve.py",
    "tests/trail/test_maintenance.py",
)
"""What takes longest begins first, so that no worker is left alone with one at the end."""


def scope_of(nodeid: str) -> str:
    """What stays together: a file, or a folder of those that share."""
    path = nodeid.partition("::")[0]
    folder = str(PurePosixPath(path).parent)
    return folder if folder in SHARING and path not in ALONE else path


def place_of(nodeid: str) -> int:
    """Where a test stands in the order in which work is given out."""
    scope = scope_of(nodeid)
    return LONGEST.index(scope) if scope in LONGEST else len(LONGEST)


class ByWhatIsShared(LoadFileScheduling):
    """Whole files as ever, folders that share as one, in the order in which they were collected:
    the scheduler's own order begins with the files of many tests, which are the quick ones."""

    def __init__(self, config: object, log: object = None) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
