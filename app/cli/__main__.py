"""``python -m app.cli`` is ``wellkept``."""

from app.cli import main

main()
