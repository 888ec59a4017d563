"""Programs that a test starts beside itself."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def program(words: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """One that runs while this lasts: where a test fails, nobody waits for it to end by itself."""
    with subprocess.Popen(words, **options) as running:
        try:
            yield running
        finally:
            running.kill()
