"""E-mails: what cannot be smuggled into one."""

import datetime as dt
from email import message_from_bytes, policy
from email.headerregistry import Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.outbox.emails import Email, EmailContent, EmailUnsendable
from services.outbox.mail_carrier import written
from storage.identifiers import new_id
from storage.tables.outbox import OutboxMessage

SENDER = Address("Wellkept", "no-reply", "wellkept.test")
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]


def written_bytes(email: Email) -> bytes:
    message = OutboxMessage(
        id=new_id(), created_at=dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), recipient=email.to
    )
    return written(message, EmailContent(email.subject, email.text), SENDER).as_bytes()


@given(to=st.text(max_size=40), subject=st.text(max_size=80), text=st.text(max_size=200))
def test_whatever_an_email_is_made_of_its_headers_are_ours(
    to: str, subject: str, text: str
) -> None:
    try:
        email = Email(to=to or "ana@example.org", subject=subject, text=text)
    except EmailUnsendable:
        return
    check(email)


@given(
    local=st.from_regex(r"[\w.!#$%&'*+/=?^`{|}~-]{1,20}", fullmatch=True),
    subject=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=150),
    text=st.text(st.characters(exclude_categories=["C"], include_characters="\n"), max_size=300),
)
@example(local="0.\u00aa", subject="0", text="")
def test_what_a_person_would_write_arrives_as_it_was_written(
    local: str, subject: str, text: str
) -> None:
    try:
        email = Email(to=f"{local}@example.org", subject=subject, text=text)
    except EmailUnsendable:
        return
    check(email)


def check(email: Email) -> None:
    """The e-mail holds our headers and no others, one recipient, and the text that went in."""
    read = message_from_bytes(written_bytes(email), policy=policy.default)
    assert sorted(read.keys()) == sorted(HEADERS)
    (recipient,) = read["To"].addresses
    local, _, domain = email.to.rpartition("@")
    assert (as_read(recipient.username), as_read(recipient.domain)) == (local, domain)
    arrived = read.get_content().replace("\r\n", "\n")
    assert arrived.rstrip("\n") == email.text.rstrip("\n")


def as_read(part: str) -> str:
    """A part of an address in UTF-8, whose bytes the standard library's reader passes on."""
    return part.encode("utf-8", "surrogateescape").decode()


@pytest.mark.parametrize(
    "to",
    [
        "ana@example.org\r\nBcc: eve@example.org",
        "ana@example.org, eve@example.org",
        "ana,eve@example.org",
        "<ana@example.org>",
        "ana@example.org>\r\nDATA",
        '"ana\r\n"@example.org',
        "ana@example.org SIZE=1",
        "ana",
        "",
        "ana@",
        "@example.org",
        "ana@exa mple.org",
        "a" * 65 + "@example.org",
    ],
)
def test_an_address_that_could_say_more_than_an_address_is_refused(to: str) -> None:
    with pytest.raises(EmailUnsendable, match="to"):
        Email(to=to, subject="Hello", text="")


@pytest.mark.parametrize("subject", ["", "a\nBcc: eve@example.org", "a\rb", "a\x00b", "a" * 201])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(EmailUnsendable, match="subject"):
        Email(to="ana@example.org", subject=subject, text="")


def test_an_email_does_not_show_what_it_holds() -> None:
    email = Email(to="ana@example.org", subject="S3CRET", text="S3CRET")
    assert "S3CRET" not in repr(email)
