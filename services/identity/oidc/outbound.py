"""What signing in with a provider needs of the way out: nobody but public hosts can be reached."""

from typing import Protocol

import httpx


class Outbound(Protocol):
    """The way to hosts that companies name. Answers are bounded; redirects are not followed."""

    def may_reach(self, url: str) -> bool:
        """Whether an address has a form that is called at all."""

    def transport(self) -> httpx.AsyncBaseTransport:
        """What a client sends its requests by. Raises httpx.TransportError for a private host."""
