"""The report of an import as one page of HTML that needs nothing else: to be read on a screen of
any width, printed, and handed to whoever audits the move."""

import datetime as dt
from collections.abc import Iterable, Sequence
from html import escape

from services.importing.reporting import MapReport, Reconciliation, Verdict

HTML = "text/html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The page loads nothing and runs nothing."""

_MEANING = {
    Verdict.AGREES: "The books agree: each record that came has its row, and the money is the same"
    " to the cent.",
    Verdict.WAITS: "The books agree, and some of it waits: in quarantine, held, or as remittances"
    " that somebody has to look at.",
    Verdict.DIFFERS: "The books do not agree with what came: rows or money are missing, or a"
    " remittance is neither posted nor waits.",
    Verdict.UNDECIDED: "Nothing is decided: it was a trial, or the import is not done.",
}
_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;color:#1b1f24;background:#fff;
margin:0 auto;padding:2rem 1.5rem 3rem;max-width:70rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.1rem;margin:2.25rem 0 .5rem}
p{margin:.4rem 0;max-width:46rem}
.lead{color:#4a525c}
.verdict{border-left:.4rem solid;padding:.6rem 1rem;margin:1.25rem 0;background:#f4f5f7}
.verdict strong{text-transform:uppercase;letter-spacing:.05em}
.agrees{border-color:#1a7f45}.waits{border-color:#9a6700}.differs{border-color:#b42318}
.undecided{border-color:#6b7480}
.word{font-weight:600;white-space:nowrap}
.word.agrees{color:#14653a}.word.waits{color:#7d5300}.word.differs{color:#b42318}
.word.undecided{color:#57606a}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .5rem;text-align:right;border-bottom:1px solid #d9dde2;vertical-align:top}
thead th{font-weight:600;font-size:.85rem;color:#4a525c;border-bottom:2px solid #9aa3ad}
.text,th[scope=row]{text-align:left}
.text{overflow-wrap:anywhere}
th[scope=row]{font-weight:600;overflow-wrap:break-word}
.counts th[scope=row]{white-space:nowrap}
code{font:.85em ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1rem 0}
dt{color:#4a525c}dd{margin:0;overflow-wrap:anywhere}
.none{color:#8a929c}
footer{margin-top:2.5rem;border-top:1px solid #d9dde2;padding-top:.75rem;color:#4a525c;
font-size:.9rem}
@media(max-width:44rem){
body{padding:1rem .9rem 2rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody{display:block}
td:has(.none){display:none}
tr{display:block;padding:.6rem 0;border-bottom:1px solid #9aa3ad}
td,th[scope=row]{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0}
th[scope=row]{font-size:1.05rem}
td::before{content:attr(data-head);color:#4a525c;text-align:left}
td.text{text-align:right}td::before{flex:none}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}
}
@media print{
@page{margin:14mm 12mm}
body{max-width:none;padding:0;font-size:9.5pt}
table{font-size:8pt}th,td{padding:.25rem .3rem}thead th{font-size:7.5pt}
h2{break-after:avoid}tr,.verdict{break-inside:avoid}
.verdict{background:none;border:1px solid #6b7480;border-left-width:.4rem}
}
"""


def import_page(found: Reconciliation) -> str:
    """What came, what became of it, and whether the books agree."""
    parts = (
        _heading(found),
        _records(found.maps),
        _money(found.maps),
        _remittances(found.maps),
        _faults(found),
        _unknown(found.maps),
        _files(found),
        _method(found),
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>Import from {escape(found.source)}: {found.verdict}</title>"
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _heading(found: Reconciliation) -> str:
    kind = "<p><strong>A trial: nothing was written.</strong></p>" if found.is_trial else ""
    refusal = "" if found.refusal is None else f"<p><strong>{escape(found.refusal)}</strong></p>"
    facts = {
        "Company": escape(found.company_name),
        "Source": escape(found.source),
        "Received": _moment(found.received_at),
        "Finished": "not yet" if found.finished_at is None else _moment(found.finished_at),
        "Reckoned": _moment(found.reckoned_at),
        "Import": f"<code>{found.import_id}</code>",
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return (
        f"<header><h1>Import from {escape(found.source)}</h1>"
        f"<p class='lead'>What came from another installation, held against the books of"
        f" {escape(found.company_name)}.</p></header>"
        f"<div class='verdict {found.verdict}' role='status'>"
        f"<strong>{found.verdict}</strong><p>{_MEANING[found.verdict]}</p>{kind}{refusal}</div>"
        f"<dl>{listed}</dl>"
    )


def _records(maps: Sequence[MapReport]) -> str:
    heads = (
        "Map",
        "Came",
        "Placed",
        "Changed",
        "As before",
        "Merged",
        "Quarantined",
        "Held",
        "Rows now",
        "Parts came",
        "Parts now",
        "Verdict",
    )
    rows = [
        (
            _named(each),
            *(
                _count(count)
                for count in (
                    each.record_count,
                    each.placed_count,
                    each.changed_count,
                    each.unchanged_count,
                    each.merged_count,
                )
            ),
            _quarantined(each),
            _count(each.held_count),
            _count(each.row_count),
            _count(each.part_count),
            _count(each.part_row_count),
            f"<span class='word {each.verdict}'>{each.verdict}</span>",
        )
        for each in maps
    ]
    return _section(
        "Records",
        "Each record that came was placed, changed a row, was as before, was merged with another,"
        " or waits: in quarantine or held. Parts are rows beside a record's own, such as the lines"
        " of a claim or the findings of an audit. What was mended has its row in the report of the"
        " import that mended it.",
        _table(heads, rows),
    )


def _quarantined(each: MapReport) -> str:
    mended = f" ({each.mended_count:,} mended)" if each.mended_count else ""
    return f"{_count(each.quarantined_count)}{mended}"


def _money(maps: Sequence[MapReport]) -> str:
    told = [each for each in maps if each.record_cents or each.row_cents]
    heads = ("Map", "Came", "In rows now", "Merged", "Quarantined", "Unaccounted for")
    rows = [
        (
            _named(each),
            _dollars(each.record_cents),
            _dollars(each.row_cents),
            _dollars(each.merged_cents),
            _dollars(each.quarantined_cents),
            _dollars(
                each.record_cents - each.row_cents - each.merged_cents - each.quarantined_cents
            ),
        )
        for each in told
    ]
    if not rows:
        return ""
    return _section(
        "Money",
        "In US dollars. What came is either in the rows as they stand now, in a record that was"
        " merged with another, or waits.",
        _table(heads, rows),
    )


def _remittances(maps: Sequence[MapReport]) -> str:
    told = [each for each in maps if each.posted_count or each.waiting_count or each.lost_count]
    heads = ("Map", "Posted", "Money posted", "Waiting", "Money waiting", "Lost")
    rows = [
        (
            _named(each),
            _count(each.posted_count),
            _dollars(each.posted_cents),
            _count(each.waiting_count),
            _dollars(each.waiting_cents),
            _count(each.lost_count),
        )
        for each in told
    ]
    if not rows:
        return ""
    return _section(
        "Remittances",
        "Posted: the deposit is booked to the cent and each claim is decided. Waiting: the reason"
        " is on record, or a claim is in the queue of exceptions. Lost: neither.",
        _table(heads, rows),
    )


def _faults(found: Reconciliation) -> str:
    if not found.faults:
        return ""
    heads = ("Map", "Field", "What is wrong", "What mends it", "Records")
    rows = [
        (
            escape(each.map_name),
            f"<code>{escape(each.field)}</code>" if each.field else "",
            escape(each.reason),
            escape(each.remedy),
            _count(each.count),
        )
        for each in found.faults
    ]
    return _section(
        "What waits, and why",
        "The commonest reasons first. Each record is kept as it came and can be mended and tried"
        " again.",
        _table(heads, rows, texts=frozenset({1, 2, 3})),
    )


def _unknown(maps: Sequence[MapReport]) -> str:
    rows = [
        (_named(each), ", ".join(f"<code>{escape(name)}</code>" for name in each.unknown_fields))
        for each in maps
        if each.unknown_fields
    ]
    if not rows:
        return ""
    return _section(
        "Fields that have no place",
        "They stay in the records as they came.",
        _table(("Map", "Fields"), rows, texts=frozenset({1})),
    )


def _files(found: Reconciliation) -> str:
    if not found.files:
        return ""
    rows = [
        (escape(each.name), f"{each.byte_count:,}", f"<code>{each.sha256}</code>")
        for each in found.files
    ]
    return _section(
        "Files",
        "Kept as they came, encrypted.",
        _table(("File", "Bytes", "SHA-256"), rows, texts=frozenset({2})),
    )


def _method(found: Reconciliation) -> str:
    return (
        "<footer><p>Every figure was counted from the database on"
        f" {_moment(found.reckoned_at)}: what came, from the records as they are on record; what"
        " is there, from the rows that stand for them now. None is the importer's own count. A"
        " later report of the same import differs where the books have changed since.</p></footer>"
    )


def _section(title: str, lead: str, body: str) -> str:
    return f"<section><h2>{title}</h2><p class='lead'>{lead}</p>{body}</section>"


def _table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: frozenset[int] = frozenset(),
) -> str:
    """A table of cells that are HTML; the first of a row names it."""
    kinds = [" class='text'" if place in texts or not place else "" for place in range(len(heads))]
    head = "".join(
        f"<th scope='col'{kind}>{name}</th>" for kind, name in zip(kinds, heads, strict=True)
    )
    body = "".join(
        f"<tr><th scope='row'>{row[0]}</th>"
        + "".join(
            f"<td data-head='{name}'{kind}>{cell}</td>"
            for cell, name, kind in zip(row[1:], heads[1:], kinds[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    kind = "" if texts else " class='counts'"
    return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _named(each: MapReport) -> str:
    return f"{escape(each.name)}{' (derived)' if each.is_derived else ''}"


def _count(count: int) -> str:
    return f"{count:,}" if count else "<span class='none'>0</span>"


def _dollars(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02}"


def _moment(moment: dt.datetime) -> str:
    told = moment.astimezone(dt.UTC)
    return f"<time datetime='{told.isoformat()}'>{told:%Y-%m-%d %H:%M} UTC</time>"
