"""Acts of the president or the secretary: seal, close, establish the result, record a draw, publish (R211-538, 541 to 543)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.common.clock import paris_text
from isoloir.elections.draw import undrawn_contests
from isoloir.elections.models import Contest
from isoloir.pollingstation.closing import close_poll
from isoloir.pollingstation.errors import PollingStationRefused
from isoloir.pollingstation.models import Member, PollingStation
from isoloir.pollingstation.sealing import seal_contests, seal_faults, secrecy_warnings
from isoloir.tally.actions import begin_count, establish_result, publish_result, record_draw
from isoloir.tally.errors import NotThere, TallyRefused
from isoloir.tally.seats import DrawRefused
from isoloir.web.access import audience

from .confirmation import Confirmation, ask, refusal_sentence
from .dashboard import small_rolls_sentence, undrawn_sentence
from .requests import MemberRequest
from .seats import contest_of, presiding_seat


@audience("bureau")
@require_http_methods(["GET", "POST"])
def seal(request: MemberRequest, station: str) -> HttpResponse:
    """Seal every contest of the bureau, or none."""
    seat = presiding_seat(request, station)
    refusal = ""
    if request.method == "POST":
        try:
            seal_contests(station=seat.station, by=request.user, at=request.now)
        except PollingStationRefused as refused:
            refusal = refusal_sentence(refused.sentence, refused.detail)
        else:
            messages.success(request, _("Les scrutins sont scellés."))
            return redirect("bureau:station", station)
    return ask(request, seat.station, _sealing(seat, request), refusal=refusal)


def _sealing(seat: Member, request: MemberRequest) -> Confirmation:
    station = seat.station
    contests = list(station.contests.select_related("election").order_by("code"))
    small, undrawn = secrecy_warnings(station), undrawn_contests(contests)
    return Confirmation(
        title=_("Sceller les scrutins"),
        question=_("Sceller tous les scrutins de ce bureau ?"),
        consequences=(
            *(contest.name for contest in contests),
            _("Le scellement fige la liste électorale, les listes de candidats et leur ordre, les heures, le bureau et la clé publique. Rien de cela ne changera plus."),
            _("Le vote s’ouvrira le %(at)s, sans autre intervention.")
            % {"at": paris_text(station.election.voting_opens_at)},
        ),
        button=_("Sceller les scrutins"),
        back_url=reverse("bureau:station", args=(station.code,)),
        back_label=station.name,
        warnings=(
            *((small_rolls_sentence(small),) if small else ()),
            *((undrawn_sentence(undrawn),) if undrawn else ()),
        ),
        obstacles=tuple(seal_faults(station, contests, at=request.now)),
    )  # fmt: skip


@audience("bureau")
@require_http_methods(["GET", "POST"])
def close(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Freeze the ballot box once the grace has ended (R211-572), and begin the count."""
    seat = presiding_seat(request, station)
    contest = contest_of(seat.station, code)
    refusal = ""
    if request.method == "POST":
        try:
            _close_and_begin(contest, request)
        except (PollingStationRefused, TallyRefused) as refused:
            refusal = refusal_sentence(refused.sentence, refused.detail)
        else:
            messages.success(
                request, _("L’urne est figée et le total chiffré est calculé : les clés peuvent déchiffrer.")
            )
            return redirect("bureau:contest", station, code)
    return ask(request, seat.station, _closing(seat.station, contest, request), refusal=refusal)


def _close_and_begin(contest: Contest, request: MemberRequest) -> None:
    actor = request.user.get_username()
    closed = close_poll(contest=contest, actor=actor, at=request.now)
    if closed.state == Contest.State.CLOSED:
        begin_count(contest=closed, actor=actor, at=request.now)


def _closing(station: PollingStation, contest: Contest, request: MemberRequest) -> Confirmation:
    ends = contest.election.grace_ends_at
    obstacles = []
    if contest.state == Contest.State.PREPARED:
        obstacles.append(_("Ce scrutin n’est pas scellé."))
    elif request.now < ends:
        sentence = _("Le délai laissé aux électeurs déjà authentifiés se termine le %(at)s.")
        obstacles.append(sentence % {"at": paris_text(ends)})
    return Confirmation(
        title=_("Clore le scrutin"),
        question=_("Clore le scrutin « %(name)s » et commencer le dépouillement ?") % {"name": contest.name},
        consequences=(
            _("L’urne et la liste d’émargement sont figées : plus aucun vote n’est reçu."),
            _("La clé qui liait les électeurs aux bulletins est détruite. C’est définitif."),
            _(
                "Les bulletins sont additionnés sans être ouverts. Les détenteurs des clés déchiffrent ensuite le total seul."
            ),
        ),
        button=_("Clore et commencer le dépouillement"),
        obstacles=tuple(obstacles),
        **_back(station, contest),
    )


def _back(station: PollingStation, contest: Contest) -> dict[str, Any]:
    return {"back_url": reverse("bureau:contest", args=(station.code, contest.code)), "back_label": contest.name}


@audience("bureau")
@require_http_methods(["GET", "POST"])
def establish(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Combine the partial decryptions into the counts, and attribute the seats."""
    seat = presiding_seat(request, station)
    contest = contest_of(seat.station, code)
    refusal = ""
    if request.method == "POST":
        try:
            _establish_once(contest, request)
        except TallyRefused as refused:
            refusal = refusal_sentence(refused.sentence)
        else:
            messages.success(request, _("Le résultat est établi."))
            return redirect("bureau:contest", station, code)
    confirmation = Confirmation(
        title=_("Établir le résultat"),
        question=_("Établir le résultat du scrutin « %(name)s » ?") % {"name": contest.name},
        consequences=(
            _("Les déchiffrements reçus, tous vérifiés, donnent le total de chaque liste et des votes blancs."),
            _("Les sièges sont attribués au quotient, puis à la plus forte moyenne."),
        ),
        button=_("Établir le résultat"),
        **_back(seat.station, contest),
    )
    return ask(request, seat.station, confirmation, refusal=refusal)


def _establish_once(contest: Contest, request: MemberRequest) -> None:
    try:
        establish_result(contest=contest, actor=request.user.get_username(), at=request.now)
    except NotThere:
        # Asked twice, for instance after a lost answer: the result stands already.
        contest.refresh_from_db(fields=("state",))
        if contest.state not in (Contest.State.COUNTED, Contest.State.PUBLISHED):
            raise


class DrawForm(forms.Form):
    """The list that the draw by lot named, among those that are equal."""

    winner = forms.TypedChoiceField(
        label=gettext_lazy("Quelle liste le tirage au sort a-t-il désignée ?"), coerce=int, widget=forms.RadioSelect
    )

    def __init__(self, *arguments: Any, names: dict[int, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        winner: Any = self.fields["winner"]
        winner.choices = list(names.items())


@audience("bureau")
@require_http_methods(["GET", "POST"])
def draw(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Record the draw by lot that the bureau made among equal lists (R211-119)."""
    seat = presiding_seat(request, station)
    contest = contest_of(seat.station, code)
    if contest.state != Contest.State.COUNTED or "draw_needed" not in contest.result.seats:
        raise Http404
    names = list(contest.lists.order_by("position").values_list("name", flat=True))
    equal = {position: names[position] for position in contest.result.seats["draw_needed"]}
    form = DrawForm(request.POST if request.method == "POST" else None, names=equal)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            record_draw(contest=contest, winner=form.cleaned_data["winner"], by=request.user, at=request.now)
        except (TallyRefused, PollingStationRefused) as refused:
            refusal = refusal_sentence(refused.sentence)
        except DrawRefused:
            refusal = _("Cette liste n’est pas parmi les listes à égalité.")
        else:
            messages.success(request, _("Le tirage au sort est enregistré."))
            return redirect("bureau:contest", station, code)
    confirmation = Confirmation(
        title=_("Enregistrer le tirage au sort"),
        question=_(
            "Des listes sont à égalité pour un siège. Faites le tirage au sort devant le bureau, puis enregistrez-le."
        ),
        consequences=(_("Le tirage enregistré figure au procès-verbal. C’est définitif."),),
        button=_("Enregistrer le tirage"),
        form=form,
        **_back(seat.station, contest),
    )
    return ask(request, seat.station, confirmation, refusal=refusal)


@audience("bureau")
@require_http_methods(["GET", "POST"])
def publish(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Make the results and the archive public (R211-543)."""
    seat = presiding_seat(request, station)
    contest = contest_of(seat.station, code)
    refusal = ""
    if request.method == "POST":
        try:
            if contest.state != Contest.State.PUBLISHED:
                publish_result(contest=contest, by=request.user, at=request.now)
        except (TallyRefused, PollingStationRefused) as refused:
            refusal = refusal_sentence(refused.sentence)
        else:
            messages.success(request, _("Les résultats sont publiés."))
            return redirect("bureau:contest", station, code)
    confirmation = Confirmation(
        title=_("Publier les résultats"),
        question=_("Publier les résultats du scrutin « %(name)s » ?") % {"name": contest.name},
        consequences=(
            _(
                "Les résultats, les élus, le procès-verbal et l’archive de vérification deviennent publics. C’est définitif."
            ),
        ),
        button=_("Publier les résultats"),
        **_back(seat.station, contest),
    )
    return ask(request, seat.station, confirmation, refusal=refusal)
