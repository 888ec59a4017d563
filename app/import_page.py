"""The report of an import as one page of HTML that needs nothing else."""

from html import escape

from services.importing.reporting import MapReport, Reconciliation

_HEADS = (
    "Map",
    "Came",
    "Placed",
    "Changed",
    "As before",
    "Merged",
    "Quarantined",
    "Held",
    "Money came",
    "Rows now",
    "Money now",
    "Fields without a place",
    "Verdict",
)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c1c1c}"
    "table{border-collapse:collapse}td,th{padding:.3rem .7rem;border-bottom:1px solid #ccc;"
    "text-align:right}td:first-child,th:first-child{text-align:left}"
    ".differs{color:#a40000}.agrees{color:#006020}"
)


def import_page(found: Reconciliation) -> str:
    """What was counted, and whether the books agree."""
    heads = "".join(f"<th scope='col'>{escape(each)}</th>" for each in _HEADS)
    rows = "".join(f"<tr>{_row(each)}</tr>" for each in found.maps)
    refusal = "" if found.refusal is None else f"<p>{escape(found.refusal)}</p>"
    kind = "A trial: nothing was written." if found.is_trial else ""
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>Import from {escape(found.source)}</title><style>{_STYLE}</style>"
        f"<h1>Import from {escape(found.source)}</h1>"
        f"<p class='{found.verdict}'>Verdict: <strong>{found.verdict}</strong>. {kind}</p>{refusal}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></html>\n"
    )


def _row(each: MapReport) -> str:
    cells = (
        each.name,
        f"{each.record_count:,}",
        f"{each.placed_count:,}",
        f"{each.changed_count:,}",
        f"{each.unchanged_count:,}",
        f"{each.merged_count:,}",
        f"{each.quarantined_count:,}",
        f"{each.held_count:,}",
        f"{each.record_cents / 100:,.2f}",
        f"{each.row_count:,}",
        f"{each.row_cents / 100:,.2f}",
        ", ".join(each.unknown_fields),
        each.verdict,
    )
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)
