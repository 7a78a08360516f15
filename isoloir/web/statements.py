"""Giving a statement in PDF, to the voters of its contest first and to all once the results are published."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from isoloir.elections.statementfiles import statement_content


def statement_answer(bundle: dict[str, Any], position: int) -> HttpResponse:
    """Give the statement in PDF of one list of a bundle. Raises Http404, StatementDamaged."""
    entry = next((entry for entry in bundle["lists"] if entry["position"] == position), None)
    file = entry.get("statement_pdf") if entry else None
    content = statement_content(file["sha256"]) if file else None
    if content is None:
        raise Http404
    name = f"profession-de-foi-{position}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=False, filename=name) or "inline",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            "X-Robots-Tag": "noindex, nofollow, noarchive",
        },
    )
