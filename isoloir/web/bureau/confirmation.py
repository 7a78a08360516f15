"""Pages of confirmation: one question, one main button, for every act that matters."""

from dataclasses import dataclass, field

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from isoloir.pollingstation.models import PollingStation

from .requests import MemberRequest


@dataclass(frozen=True)
class Confirmation:
    """What is asked, what it will do, and the word on the button.

    `obstacles` are what forbids the act now, in sentences: then there is no button. `evidence` is a pair of what and
    hexadecimal digest that the member is asked to compare.
    """

    title: str
    question: str
    consequences: tuple[str, ...]
    button: str
    back_url: str
    back_label: str
    warnings: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    evidence: tuple[str, str] | None = None
    form: forms.Form | None = None
    hidden: dict[str, str] = field(default_factory=dict)


def ask(
    request: MemberRequest, station: PollingStation, confirmation: Confirmation, *, refusal: str = ""
) -> HttpResponse:
    """Show the page; a refusal by the act itself is shown above the question, with status 409."""
    context = {"station": station, "confirmation": confirmation, "refusal": refusal}
    return render(request, "bureau/confirm.html", context, status=409 if refusal else 200)


def refusal_sentence(sentence: str | Promise, detail: str = "") -> str:
    """Join a refusal's sentence and its detail."""
    return f"{sentence} {detail[:1].upper()}{detail[1:]}." if detail else str(sentence)
