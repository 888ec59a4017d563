"""Answers that leave on the beat: how long the work behind one took must not be heard."""

import asyncio

BEAT_SECONDS = 0.25
"""Answers leave only at whole multiples of this since the request came."""


async def until_next_beat(begun: float) -> None:
    """Wait for the next beat since ``begun``, a time of the running loop."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(BEAT_SECONDS - (loop.time() - begun) % BEAT_SECONDS)
