"""The dashboard of a bureau: figures and state of each contest, who must act now, what is proved so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from isoloir_protocol.proofs import hex_hash

from isoloir.common.clock import paris_text
from isoloir.credentials.models import PendingKey
from isoloir.elections.models import Contest
from isoloir.pollingstation.models import Member
from isoloir.roll.models import RollEntry
from isoloir.tally.models import MinutesSignature

from .ceremony import COUNTED, CeremonyView, names_of
from .seats import PRESIDING, presides

FROZEN = (Contest.State.CLOSED, Contest.State.COUNTING, *COUNTED)


@dataclass(frozen=True)
class Act:
    """An act on a contest: a link to its page of confirmation, or why it cannot be done yet."""

    kind: str
    url: str
    ready: bool
    reason: str = ""


@dataclass(frozen=True)
class Turn:
    """Who must act now. `who` is in words, `mine` says that the reader must; `button` is the word on the way there."""

    who: str
    what: str
    url: str
    mine: bool
    button: str


@dataclass(frozen=True)
class Proof:
    """Something proved so far, or not yet, with its fingerprint in hexadecimal when it has one."""

    sentence: str
    done: bool
    evidence: str = ""


@dataclass
class ContestRow:
    """A contest as its bureau sees it. `voters` and `turnout` (per cent) are None before the vote opens."""

    contest: Contest
    state: str
    registered: int
    voters: int | None
    turnout: float | None
    actions: list[Act] = field(default_factory=list)
    # This bureau's members alone come here (R211-570).
    sees_turnout: bool = True

    @property
    def code(self) -> str:
        return self.contest.code

    @property
    def name(self) -> str:
        return self.contest.name

    @property
    def seats(self) -> int:
        return self.contest.seats

    @property
    def uuid(self) -> str:
        return self.contest.uuid

    @property
    def has_result(self) -> bool:
        return self.contest.state in COUNTED


def contest_rows(contests: Sequence[Contest], *, at: datetime) -> list[ContestRow]:
    """Return the figures of every contest in one query."""
    counts = {
        contest: (registered, voters)
        for contest, registered, voters in RollEntry.objects.filter(contest__in=contests)
        .values_list("contest")
        .annotate(Count("pk"), Count("turnout"))
    }
    return [_row(contest, *counts.get(contest.pk, (0, 0)), at=at) for contest in contests]


def _row(contest: Contest, registered: int, voters: int, *, at: datetime) -> ContestRow:
    begun = contest.is_sealed and at >= contest.election.voting_opens_at
    return ContestRow(
        contest=contest,
        state=shown_state(contest, at=at),
        registered=registered,
        voters=voters if begun else None,
        turnout=100 * voters / registered if begun and registered else (0.0 if begun else None),
    )


def shown_state(contest: Contest, *, at: datetime) -> str:
    """Return the contest's state, with `open` and `grace` in the place of `sealed` while one may vote."""
    if contest.state != Contest.State.SEALED:
        return str(contest.state)
    voting = contest.voting_state(at=at)
    return voting if voting in ("open", "grace") else "sealed"


class Dashboard:
    """All that the dashboard shows, in a number of queries that depends neither on contests nor on members."""

    def __init__(self, seat: Member, *, at: datetime) -> None:
        self.seat, self.station, self.at = seat, seat.station, at
        self.contests = list(self.station.contests.select_related("election", "result", "seal").order_by("code"))
        self.ceremony = CeremonyView(self.station, self.contests)
        self.rows = contest_rows(self.contests, at=at)
        signatures = MinutesSignature.objects.filter(contest__in=self.contests)
        self._signed = set(signatures.values_list("contest_id", "account_id", "role"))
        self._waiting = self._contests_with_waiting_codes()
        for row in self.rows:
            row.actions = self.acts(row.contest)

    def context(self) -> dict[str, object]:
        return {
            "station": self.station,
            "turn": self.turn(),
            "quorum": self.ceremony.quorum(),
            "holders": self.ceremony.holders(),
            "step_names": self.ceremony.step_names(),
            "proofs": self.proofs(),
            "contests": self.rows,
        }

    # ---- Acts ----

    def _contests_with_waiting_codes(self) -> set[int]:
        """Return the contests that should be closed, and whose new codes still wait for the registrar."""
        over = [contest for contest in self.contests if self.at >= contest.election.grace_ends_at]
        waiting = PendingKey.objects.filter(entry__contest__in=over) if over else PendingKey.objects.none()
        return set(waiting.values_list("entry__contest", flat=True))

    def acts(self, contest: Contest) -> list[Act]:
        """Return what the president or the secretary may do with this contest; members who do not preside see nothing."""
        state = contest.state
        if contest.pk in self._waiting and state in (Contest.State.SEALED, Contest.State.SUSPENDED):
            # Every member: the loss of the registrar is reported by one and confirmed by another.
            loss = [Act("registrar_loss", self._url("registrar_loss", contest), ready=True)]
            return [self._closing(contest), *loss] if presides(self.seat) else loss
        if not presides(self.seat):
            return []
        if state in (Contest.State.SEALED, Contest.State.SUSPENDED) and self.at >= contest.election.voting_opens_at:
            return [self._closing(contest)]
        if state == Contest.State.CLOSED:
            return [Act("count", self._url("close", contest), ready=True)]
        if state == Contest.State.COUNTING:
            return [self._establishing(contest)]
        if state == Contest.State.COUNTED:
            return [self._draw(contest)] if self.draw_awaited(contest) else [self._publishing(contest)]
        return []

    def _closing(self, contest: Contest) -> Act:
        ends = contest.election.grace_ends_at
        reason = _("le délai laissé aux derniers électeurs se termine le %(at)s.") % {"at": paris_text(ends)}
        return Act("close", self._url("close", contest), ready=self.at >= ends, reason=reason)

    def _establishing(self, contest: Contest) -> Act:
        awaited = self.ceremony.awaited_for(contest)
        reason = _("déchiffrements attendus de : %(names)s.") % {"names": names_of(awaited)}
        return Act("establish", self._url("establish", contest), ready=not awaited, reason=reason)

    def _draw(self, contest: Contest) -> Act:
        return Act("draw", self._url("draw", contest), ready=True)

    def _publishing(self, contest: Contest) -> Act:
        reason = _("la présidence ou le secrétariat n’a pas encore signé le procès-verbal.")
        return Act("publish", self._url("publish", contest), ready=self.is_signed_by_chair(contest), reason=reason)

    def _url(self, name: str, contest: Contest) -> str:
        return reverse(f"bureau:{name}", args=(self.station.code, contest.code))

    def draw_awaited(self, contest: Contest) -> bool:
        return "draw_needed" in contest.result.seats

    def is_signed_by_chair(self, contest: Contest) -> bool:
        return any(signed == contest.pk and role in PRESIDING for signed, _account, role in self._signed)

    def has_signed(self, contest: Contest) -> bool:
        return any((signed, account) == (contest.pk, self.seat.account_id) for signed, account, _role in self._signed)

    # ---- Who must act now ----

    def turn(self) -> Turn | None:
        """Return the first act that is awaited, in the order of the ceremony."""
        for find in (self._key_turn, self._seal_turn, self._decryption_turn, self._presiding_turn, self._signing_turn):
            found = find()
            if found:
                return found
        return None

    def _key_turn(self) -> Turn | None:
        due = self.ceremony.due_holders()
        if self.ceremony.ceremony.completed_at or not due:
            return None
        return self._keys(names_of(due), _("Cérémonie des clés : faire l’étape qui est attendue."), due)

    def _keys(self, who: str, what: str, due: Sequence[object]) -> Turn:
        mine = any(trustee.account_id == self.seat.account_id for trustee in due)  # type: ignore[attr-defined]
        return Turn(who, what, reverse("bureau:keys", args=(self.station.code,)), mine, _("Agir avec ma clé"))

    def _seal_turn(self) -> Turn | None:
        prepared = [contest for contest in self.contests if contest.state == Contest.State.PREPARED]
        if not prepared or not self.ceremony.ceremony.completed_at:
            return None
        url = reverse("bureau:seal", args=(self.station.code,))
        return self._chair(_("Sceller les scrutins avant l’ouverture du vote."), url, _("Sceller les scrutins"))

    def _chair(self, what: str, url: str, button: str) -> Turn:
        return Turn(_("Président·e ou secrétaire"), what, url, presides(self.seat), button)

    def _decryption_turn(self) -> Turn | None:
        counting = [contest for contest in self.contests if contest.state == Contest.State.COUNTING]
        awaited = {trustee.pk: trustee for contest in counting for trustee in self.ceremony.awaited_for(contest)}
        if not awaited:
            return None
        what = _("Dépouillement : déchiffrer le total avec sa clé.")
        return self._keys(names_of(awaited.values()), what, list(awaited.values()))

    def _presiding_turn(self) -> Turn | None:
        sentences = {
            "close": (_("Clore le scrutin : figer l’urne et commencer le dépouillement."), _("Clore le scrutin")),
            "count": (_("Commencer le dépouillement."), _("Dépouiller")),
            "establish": (_("Établir le résultat : les déchiffrements reçus suffisent."), _("Établir le résultat")),
            "draw": (
                _("Tirer au sort entre les listes à égalité, puis enregistrer le tirage."),
                _("Enregistrer le tirage"),
            ),
        }
        for contest in self.contests:
            kind = self._awaited_kind(contest)
            if kind:
                what, button = sentences[kind]
                name = "close" if kind == "count" else kind
                return self._chair(f"{contest.name}. {what}", self._url(name, contest), button)
        return None

    def _awaited_kind(self, contest: Contest) -> str:
        if contest.state in (Contest.State.SEALED, Contest.State.SUSPENDED):
            return "close" if self.at >= contest.election.grace_ends_at else ""
        if contest.state == Contest.State.CLOSED:
            return "count"
        if contest.state == Contest.State.COUNTING:
            return "establish"
        return "draw" if contest.state == Contest.State.COUNTED and self.draw_awaited(contest) else ""

    def _signing_turn(self) -> Turn | None:
        counted = [contest for contest in self.contests if contest.state == Contest.State.COUNTED]
        for contest in counted:
            if not self.has_signed(contest):
                what = _("%(contest)s. Lire le procès-verbal, puis le signer.") % {"contest": contest.name}
                return Turn("", what, self._url("minutes", contest), mine=True, button=_("Lire le procès-verbal"))
        for contest in counted:
            if self.is_signed_by_chair(contest):
                what = _("%(contest)s. Publier les résultats.") % {"contest": contest.name}
                return self._chair(what, self._url("publish", contest), _("Publier les résultats"))
        return None

    # ---- What is proved ----

    def proofs(self) -> list[Proof]:
        ceremony, total = self.ceremony.ceremony, len(self.contests)
        key = ceremony.trustees_record
        return [
            Proof(
                _("La clé publique est faite de toutes les parts, et personne ne la détient seul."),
                ceremony.completed_at is not None,
                hex_hash(key.encode()) if key else "",
            ),
            self._progress(
                sum(contest.is_sealed for contest in self.contests), total,
                _("Scrutins scellés : %(done)d sur %(total)d."),
            ),
            self._progress(
                sum(contest.state in FROZEN for contest in self.contests), total,
                _("Urnes figées, autant de bulletins que d’émargements : %(done)d sur %(total)d."),
            ),
            self._progress(
                sum(contest.state in COUNTED for contest in self.contests), total,
                _("Résultats établis, avec la preuve du déchiffrement : %(done)d sur %(total)d."),
            ),
        ]  # fmt: skip

    def _progress(self, done: int, total: int, sentence: str) -> Proof:
        return Proof(sentence % {"done": done, "total": total}, total > 0 and done == total)


def small_rolls_sentence(contests: Sequence[Contest]) -> str:
    """Warn that the totals of these contests may tell votes (R211-549 asks for secrecy; product: small contests)."""
    return ngettext(
        "Ce scrutin a si peu d’électeurs que les totaux peuvent trahir des votes : %(names)s.",
        "Ces scrutins ont si peu d’électeurs que les totaux peuvent trahir des votes : %(names)s.",
        len(contests),
    ) % {"names": ", ".join(contest.name for contest in contests)}


def undrawn_sentence(contests: Sequence[Contest]) -> str:
    """Warn that the order of the lists of these contests comes from no draw that anybody verifies (R211-564)."""
    return ngettext(
        "L’ordre des listes de ce scrutin ne vient d’aucun tirage vérifiable : %(names)s.",
        "L’ordre des listes de ces scrutins ne vient d’aucun tirage vérifiable : %(names)s.",
        len(contests),
    ) % {"names": ", ".join(contest.name for contest in contests)}
