"""Trying a mailbox: what would happen to a file, told at once."""

from services.guarded_http import Guard
from services.outbox.delivering import Outcome
from services.outbox.mailboxes import Opened
from services.outbox.sftp import LONGEST_TRIAL_SECONDS, outcome_of, try_out


async def tried(guard: Guard, opened: Opened) -> Outcome:
    """How it goes, within half a minute. Outside of any transaction."""
    mailbox = opened.mailbox
    folders = [each for each in (mailbox.write_folder, mailbox.read_folder) if each is not None]
    trial = try_out(guard, opened.server, folders)
    return await outcome_of(trial, longest_seconds=LONGEST_TRIAL_SECONDS)
