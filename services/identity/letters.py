"""What the program writes to people about their sign-in: plain text, nothing of any patient."""

import datetime as dt
from zoneinfo import ZoneInfo

from services.outbox.emails import Email
from storage.tables.identity import Company, Person

_LONGEST_NAME_IN_A_SUBJECT = 80
_IGNORE = "If you did not expect this, do nothing: without the link nothing changes."


def invitation(person: Person, company: Company, link: str, expires_at: dt.datetime) -> Email:
    """Asks somebody new to choose a password."""
    return Email(
        to=person.email,
        subject=f"Your invitation to {_short(company)} on Wellkept",
        text=f"""Hello {person.name},

{company.name} keeps its records with Wellkept and has made an account for you.
Choose your password here:

{link}

The link serves once, until {_moment(expires_at, company)}. You sign in with
the company's short name, {company.slug}, and this e-mail address.

{_IGNORE}
""",
    )


def invitation_to_provider(person: Person, company: Company, address: str) -> Email:
    """Asks somebody new to sign in where the company keeps who its people are."""
    return Email(
        to=person.email,
        subject=f"Your invitation to {_short(company)} on Wellkept",
        text=f"""Hello {person.name},

{company.name} keeps its records with Wellkept and has made an account for you.
You need no password for it: sign in with the company's own sign-in, with this
e-mail address, here:

{address}

If you did not expect this, do nothing.
""",
    )


def password_reset(person: Person, company: Company, link: str, expires_at: dt.datetime) -> Email:
    """Lets somebody who forgot their password choose another."""
    return Email(
        to=person.email,
        subject=f"Choose a new password for {_short(company)} on Wellkept",
        text=f"""Hello {person.name},

somebody asked for a new password for this e-mail address at {company.name}
({company.slug}). Choose it here:

{link}

The link serves once, until {_moment(expires_at, company)}. Until then your
present password goes on.

{_IGNORE}
""",
    )


def password_chosen(person: Person, company: Company) -> Email:
    """Tells somebody that a mailed link was used."""
    return Email(
        to=person.email,
        subject=f"Your password for {_short(company)} on Wellkept was chosen",
        text=f"""Hello {person.name},

a password was chosen for your account at {company.name} ({company.slug}) by a link
that was sent to this address. Where you were signed in, you are not any more.

If that was not you, tell an administrator of {company.name} at once.
""",
    )


def second_factor_reset(person: Person, company: Company) -> Email:
    """Tells somebody that their authenticator app is not asked for any more."""
    return Email(
        to=person.email,
        subject=f"Your second factor for {_short(company)} on Wellkept was taken away",
        text=f"""Hello {person.name},

your authenticator app does not serve any more for {company.name} ({company.slug}):
your second factor was taken away. Where you were signed in, you are not any more.

If you did not ask for this, tell an administrator of {company.name} at once.
""",
    )


def _moment(moment: dt.datetime, company: Company) -> str:
    """A moment as the company's clocks show it."""
    local = moment.astimezone(ZoneInfo(company.time_zone))
    return f"{local:%d %B %Y, %H:%M} ({company.time_zone})"


def _short(company: Company) -> str:
    """The company's name, as much of it as a subject has room for."""
    return company.name[:_LONGEST_NAME_IN_A_SUBJECT]
