"""``python -m benchmarks``: every benchmark, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

PROGRAMS = (
    "remittance_parsing",
    "claim_files",
    "importing",
    "archives",
    "remittance_posting",
    "status_queue",
    "figures",
    "compliance",
    "code_loading",
    "deletion",
    "audit_verification",
    "trail_questions",
    "http_requests",
)


def main() -> None:
    for name in PROGRAMS:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        if code:
            sys.exit(code)


if __name__ == "__main__":
    main()
