"""The key holder's page: its state, its answers from the page itself, and answers prepared on a device without network."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.json import KT
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from isoloir.board.models import Entry
from isoloir.elections.models import Contest
from isoloir.pollingstation.errors import PollingStationRefused
from isoloir.pollingstation.models import Member
from isoloir.tally.actions import receive_partial_decryption
from isoloir.tally.errors import NotThere, TallyRefused
from isoloir.trustees.actions import STEPS, submit_step
from isoloir.trustees.device import ANSWER_FORMAT
from isoloir.trustees.errors import CeremonyRefused, DecryptionRefused, MessageRefused, StepNotDue
from isoloir.trustees.models import PartialDecryption, Trustee
from isoloir.trustees.state import OpenCount, StateSurroundings, trustee_state
from isoloir.web.access import audience
from isoloir.web.scripts import script_context

from .requests import MemberRequest
from .seats import seat_of

# A message of the ceremony of thirty people is about 40 kB, a partial decryption of a hundred lists as much.
LONGEST_ANSWER = 1024 * 1024
_MOST_ANSWERS = 50
# What the sender can do nothing about but wait or read the state again, against what is wrong in what was sent.
_CONFLICT, _UNPROCESSABLE = 409, 422


class AnswerMalformed(CeremonyRefused):
    """What was sent is not an answer of a trustee."""

    code = "answer_malformed"
    sentence = gettext_lazy("Ce fichier n’est pas une réponse de détenteur de clé.")


class OtherStation(CeremonyRefused):
    """The answer was made for another bureau."""

    code = "other_station"
    sentence = gettext_lazy("Cette réponse a été préparée pour un autre bureau.")


REFUSALS = (CeremonyRefused, TallyRefused, PollingStationRefused)


@audience("bureau")
@require_http_methods(["GET", "POST"])
def page(request: MemberRequest, station: str) -> HttpResponse:
    """Show the page that hosts the trustee's bundle; POST is the bundle's answer, in JSON."""
    seat = seat_of(request, station)
    if request.method == "POST":
        return _receive(request, seat)
    return _show(request, seat, AnswersForm())


def _show(request: MemberRequest, seat: Member, form: forms.Form, *, status: int = 200) -> HttpResponse:
    members = _own_group(seat)
    state_url = reverse("bureau:keys_state", args=(seat.station.code,))
    context = {
        "station": seat.station,
        "holds_key": bool(members),
        "state_url": state_url,
        "download_url": f"{state_url}?telecharger=1",
        "answers_url": reverse("bureau:keys_answers", args=(seat.station.code,)),
        "form": form,
        **script_context("trustee.js"),
    }
    return render(request, "bureau/keys.html", context, status=status)


@audience("bureau")
@require_GET
def state(request: MemberRequest, station: str) -> JsonResponse:
    """The trustee's state, for the page, or as a file for `isoloir trustee`."""
    answer = JsonResponse(_state(request, seat_of(request, station)))
    if "telecharger" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="etat-{station}.json"'
    return answer


def _own_group(seat: Member) -> list[Trustee]:
    """Return the trustees of the seat's own group in order of index, or nothing for who holds no key; one query."""
    trustees = list(
        Trustee.objects.filter(group__ceremony=seat.station.ceremony_id)
        .select_related("group__ceremony", "account")
        .order_by("owner")
    )
    mine = next((trustee for trustee in trustees if trustee.account_id == seat.account_id), None)
    return [trustee for trustee in trustees if mine is not None and trustee.group_id == mine.group_id]


def _own_trustee(seat: Member) -> tuple[Trustee, list[Trustee]]:
    members = _own_group(seat)
    if not members:
        raise Http404
    return next(trustee for trustee in members if trustee.account_id == seat.account_id), members


def _state(request: MemberRequest, seat: Member) -> dict[str, object]:
    mine, members = _own_trustee(seat)
    around = StateSurroundings(
        station_code=seat.station.code,
        station_name=seat.station.name,
        election_name=seat.station.election.name,
        post_url=reverse("bureau:keys", args=(seat.station.code,)),
        csrf_token=get_token(request),
    )
    return trustee_state(mine, members, counts=open_counts(seat, mine), around=around)


def open_counts(seat: Member, trustee: Trustee) -> list[OpenCount]:
    """Return the contests of the bureau that are being counted, with their exact records, in three queries."""
    contests = list(seat.station.contests.filter(state=Contest.State.COUNTING).order_by("code"))
    # The first text alone is read: the others of a setup are as long as the roll.
    rows = Entry.objects.filter(contest__in=contests, type__in=("Setup", "EncryptedTally"))
    texts = {(contest, kind): text for contest, kind, text in rows.values_list("contest_id", "type", KT("records__0"))}
    done = set(
        PartialDecryption.objects.filter(trustee=trustee, contest__in=contests).values_list("contest_id", flat=True)
    )
    return [
        OpenCount(
            contest=contest.uuid,
            contest_name=contest.name,
            election_record=texts[contest.pk, "Setup"],
            encrypted_tally=texts[contest.pk, "EncryptedTally"],
            done=contest.pk in done,
        )
        for contest in contests
    ]


def _receive(request: MemberRequest, seat: Member) -> JsonResponse:
    try:
        receive_answer(request, seat, _answer_of(_parsed(request.body)))
    except REFUSALS as refused:
        return JsonResponse({"error": refused.code, "message": str(refused.sentence)}, status=_status(refused))
    return JsonResponse(_state(request, seat))


def _status(refused: Exception) -> int:
    wrong = isinstance(refused, (AnswerMalformed, OtherStation, MessageRefused, DecryptionRefused))
    return _UNPROCESSABLE if wrong else _CONFLICT


def _parsed(body: bytes) -> object:
    """Return the value that was sent. Raises AnswerMalformed."""
    try:
        if len(body) <= LONGEST_ANSWER:
            return json.loads(body)
    except (ValueError, RecursionError):
        pass
    raise AnswerMalformed


def _answer_of(value: object) -> dict[str, str]:
    """Check that `value` is one answer: its members are texts, `step` and `text` are there. Raises AnswerMalformed."""
    if not isinstance(value, dict) or not {"step", "text"} <= value.keys():
        raise AnswerMalformed
    answer = {name: value[name] for name in ("step", "text", "contest", "station") if name in value}
    if not all(isinstance(text, str) for text in answer.values()):
        raise AnswerMalformed
    return answer


def receive_answer(request: MemberRequest, seat: Member, answer: dict[str, str]) -> None:
    """Hand one answer of this trustee to the act that it is for. Raises one of REFUSALS; sent again, it changes nothing."""
    mine, _members = _own_trustee(seat)
    if answer["step"] == "decryption":
        contest = seat.station.contests.filter(uuid=answer.get("contest", "")).first()
        if contest is None:
            raise NotThere
        receive_partial_decryption(contest=contest, trustee=mine, text=answer["text"], by=request.user, at=request.now)
    elif answer["step"] in STEPS:
        submit_step(trustee=mine, step=answer["step"], text=answer["text"], by=request.user, at=request.now)
    else:
        raise StepNotDue


class ManyFilesInput(forms.ClearableFileInput):
    """A file field that takes several files."""

    allow_multiple_selected = True


class AnswersField(forms.FileField):
    """Files made by `isoloir trustee` (an answer each) or saved by the page (a list of answers); cleaned to the answers."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[dict[str, str]]:
        files = list(data) if isinstance(data, (list, tuple)) else [data]
        cleaned = [super(AnswersField, self).clean(file, initial) for file in files[:_MOST_ANSWERS]]
        try:
            return [answer for file in cleaned for answer in self._read(file)]
        except AnswerMalformed as refused:
            raise forms.ValidationError(refused.sentence) from None

    def _read(self, file: "UploadedFile[Any]") -> list[dict[str, str]]:
        if (file.size or 0) > LONGEST_ANSWER:
            raise AnswerMalformed
        value = _parsed(file.read())
        if isinstance(value, list):
            return [_answer_of(each) for each in value[:_MOST_ANSWERS]]
        if not isinstance(value, dict) or (value.get("format"), value.get("version")) != (ANSWER_FORMAT, 1):
            raise AnswerMalformed
        return [_answer_of(value)]


class AnswersForm(forms.Form):
    """Answers prepared without network."""

    answers = AnswersField(
        label=gettext_lazy("Déposer une réponse préparée hors ligne"),
        help_text=gettext_lazy("Le ou les fichiers faits par la commande « isoloir trustee step » ou « decrypt »."),
    )


@audience("bureau")
@require_POST
def answers(request: MemberRequest, station: str) -> HttpResponse:
    """Receive answers prepared without network; those before a refused one stand, and may be sent again."""
    seat = seat_of(request, station)
    form = AnswersForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, seat, form, status=_UNPROCESSABLE)
    try:
        for answer in form.cleaned_data["answers"]:
            if answer.get("station", station) != station:
                raise OtherStation
            receive_answer(request, seat, answer)
    except REFUSALS as refused:
        form.add_error("answers", str(refused.sentence))
        return _show(request, seat, form, status=_status(refused))
    messages.success(request, _("Votre réponse est reçue et vérifiée."))
    return redirect("bureau:keys", station)
