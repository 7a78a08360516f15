"""Asking for a new voting code: the proofs are checked, the registrar is asked too, and a link leaves.

Order: calendar, limit, slow-down, every proof (all are checked before the one refusal), the contact, the registrar, and then
one transaction for all that is written. What was typed is written nowhere; the contact is in the sealed message alone.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials import registrar_client
from isoloir.credentials.errors import CredentialRefused, ReissueRefused
from isoloir.credentials.identifiers import (
    IdentifierUnreadable,
    identity_of_claims,
    keyed_hash,
    normalise_birth_date,
    normalise_nir,
    normalise_numen,
)
from isoloir.credentials.models import Reissue
from isoloir.credentials.registrar_client import RegistrarAway, RegistrarRefused
from isoloir.identity.challenge import normalise_answer
from isoloir.identity.errors import SlowedDown
from isoloir.identity.links import draft_link, link_url, new_token
from isoloir.identity.models import OneTimeLink
from isoloir.identity.oidc import ProvedIdentity
from isoloir.identity.slowdown import Try, begin_try, forgive_try
from isoloir.identity.voters import account_of, language_of
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_email, queue_emails, queue_sms
from isoloir.messaging.errors import SmsRefused
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter, VoterIdentifiers

from . import mails
from .contacts import Contact, claim_contact, read_contact, require_free
from .identifiers import identifier_pepper
from .keys import reissue_contests
from .policies import Policy, Proof, Recipient, policies_of, policy_of

_ACTION = "reissue"
_NETWORK_PEPPER = "reissue-network-pepper"
_LONGEST_TYPED = 1_000
_A_DAY = timedelta(hours=24)
_NORMALISE = {
    Proof.NUMEN: normalise_numen,
    Proof.NIR: normalise_nir,
    Proof.BIRTH_DATE: normalise_birth_date,
}
logger = logging.getLogger("isoloir.credentials")


@dataclass(frozen=True, slots=True)
class Way:
    """A way that the election offers; `why_not` says in words why this voter cannot take it, empty when she can."""

    policy: Policy
    why_not: str


@dataclass(frozen=True)
class _Asked:
    """A request whose proofs and contact were found right, ready to be written."""

    voter: Voter
    policy: Policy
    contact: Contact
    network: str
    grant: str
    at: datetime


def ways_for(voter: Voter) -> list[Way]:
    """Return the ways that the election offers, in its order, each with whether this voter can take it."""
    policies = policies_of(voter.election)
    return [Way(policy, _why_not(policy, policies, voter)) for policy in policies]


def ask_reissue(
    *, voter: Voter, policy: str, answers: Mapping[str, str], channel: str, contact: str, network: str, at: datetime
) -> Reissue:
    """Check what the voter typed and send a link to `contact`; return the request, LINKED.

    `answers`: what was typed, by the name of the proof (`challenge`, `numen`, `nir`, `birth_date`). The session and the
    CAPTCHA are the page's to check before. `network` is what identity.slowdown.network_of makes of the address. To be
    called outside of any transaction. Raises ReissueRefused.
    """
    chosen = _require_way(voter, policy, Recipient.TYPED)
    _require_open(voter, chosen, at=at)
    read = read_contact(channel=channel, typed=contact, policy=chosen, voter=voter)
    attempt = begin_proof(voter, at=at)
    evidence = _require_proofs(voter, chosen, answers, attempt)
    return _ask(voter, chosen, read, evidence, attempt, network=network, at=at)


def ask_by_franceconnect(
    *, voter: Voter, identity: ProvedIdentity, tokens: Mapping[str, str], network: str, at: datetime
) -> Reissue:
    """Compare the identity that FranceConnect proved with the voter's, and send a link to the address that it tells.

    `tokens` (id_token, userinfo, nonce) go to the registrar, which checks them by itself. The claims are kept nowhere.
    To be called outside of any transaction. Raises ReissueRefused.
    """
    offered = (each for each in policies_of(voter.election) if each.recipient == Recipient.FRANCECONNECT)
    chosen = _require_way(voter, next((each.code for each in offered), ""), Recipient.FRANCECONNECT)
    _require_open(voter, chosen, at=at)
    attempt = begin_proof(voter, at=at)
    if not _is_same_person(voter, identity.claims):
        raise ReissueRefused("proof_refused", seconds=attempt.seconds)
    typed = str(identity.claims.get("email") or "")
    try:
        read = read_contact(channel="email", typed=typed, policy=chosen, voter=voter)
        return _ask(voter, chosen, read, {"franceconnect": dict(tokens)}, attempt, network=network, at=at)
    except ReissueRefused as refusal:
        if not refusal.is_about_contact:
            raise
        sentence = _("L’adresse électronique que donne FranceConnect ne peut pas servir. Changez-la auprès de FranceConnect, ou choisissez une autre façon.")  # fmt: skip
        raise ReissueRefused(refusal.code, sentence) from None


def used_reissues(voter: Voter) -> int:
    """Return how many new codes the voter has had: only those that went live count."""
    return Reissue.objects.filter(voter=voter, state=Reissue.State.LIVE).count()


def is_right_answer(voter: Voter, answer: str) -> bool:
    """Tell whether it is the voter's secret answer. One Argon2id, whatever was typed: never inside a transaction."""
    account = account_of(voter)
    known = account.answer if account else ""
    return check_password(normalise_answer(answer[:_LONGEST_TYPED]), known) if known else False


def begin_proof(voter: Voter, *, at: datetime) -> Try:
    """Count one try of this voter to prove who she is. Raises ReissueRefused (slowed)."""
    try:
        return begin_try(action=_ACTION, subjects=(f"voter {voter.pk}",), at=at)
    except SlowedDown as slowed:
        raise ReissueRefused("slowed", seconds=slowed.seconds) from None


def _why_not(policy: Policy, among: tuple[Policy, ...], voter: Voter) -> str:
    """Say why the voter cannot take this way, with the ways that remain."""
    account = account_of(voter)
    if not policy.needs_account or (account is not None and account.answer):
        return ""
    left = [each.spoken_title for each in among if not each.needs_account]
    if left:
        return _("Votre compte n’est pas activé : vous n’avez pas de question défi. Il vous reste : %(ways)s.") % {
            "ways": ", ".join(left)
        }
    return _("Votre compte n’est pas activé : vous n’avez pas de question défi. Adressez-vous à l’assistance.")


def _require_way(voter: Voter, code: str, recipient: Recipient) -> Policy:
    policy = policy_of(voter.election, code)
    if policy is None or policy.recipient != recipient:
        raise ReissueRefused("not_offered")
    why_not = _why_not(policy, policies_of(voter.election), voter)
    if why_not:
        raise ReissueRefused("not_offered", why_not)
    return policy


def _require_open(voter: Voter, policy: Policy, *, at: datetime) -> None:
    """Refuse what the calendar, the limit of new codes or that of a day's requests does not admit."""
    election = voter.election
    if not election.is_reissue_open(at=at):
        raise ReissueRefused("not_open")
    if used_reissues(voter) >= election.reissue_limit:
        raise ReissueRefused("limit_reached")
    since = Reissue.objects.filter(voter=voter, asked_at__gt=at - _A_DAY).exclude(state=Reissue.State.LIVE)
    asked = list(since.order_by("-asked_at").values_list("asked_at", flat=True)[: policy.requests_a_day])
    if len(asked) >= policy.requests_a_day:
        raise ReissueRefused("slowed", seconds=ceil((asked[-1] + _A_DAY - at).total_seconds()))


def _require_proofs(voter: Voter, policy: Policy, answers: Mapping[str, str], attempt: Try) -> dict[str, Any]:
    """Check all that the policy asks, whatever is wrong among it, then refuse once; return the evidence for the registrar.

    Where the voter had a choice, all that she gave must be right.
    """
    known = VoterIdentifiers.objects.filter(voter=voter).first()
    evidence: dict[str, Any] = {}
    right = True
    for step in policy.steps:
        asked = [proof for proof in step.any_of if proof not in (Proof.SESSION, Proof.CAPTCHA)]
        given = [proof for proof in asked if str(answers.get(proof) or "").strip()]
        right &= bool(given) or not asked
        for proof in given:
            text = str(answers[proof])[:_LONGEST_TYPED]
            if proof == Proof.CHALLENGE:
                right &= is_right_answer(voter, text)
                evidence[proof.value] = True
                continue
            typed = _normalised(proof, text)
            right &= _fits(voter, known, proof.value, typed)
            evidence[proof.value] = typed
    if not right:
        raise ReissueRefused("proof_refused", seconds=attempt.seconds)
    return evidence


def _normalised(proof: Proof, text: str) -> str:
    """Return the typed identifier in its one form, empty when it has not the form of one: it then fits nothing."""
    try:
        return _NORMALISE[proof](text)
    except IdentifierUnreadable:
        return ""


def _fits(voter: Voter, known: VoterIdentifiers | None, kind: str, typed: str) -> bool:
    """Compare in constant time what was typed with what was imported; nothing imported fits nothing."""
    expected = str(getattr(known, kind)) if known is not None else ""
    found = keyed_hash(identifier_pepper(), kind=kind, reference=voter.reference, text=typed)
    return hmac.compare_digest(found, expected or secrets.token_hex(32)) and bool(typed)


def _is_same_person(voter: Voter, claims: Mapping[str, Any]) -> bool:
    """Compare the civil identity with what was imported: with the place of birth too where it was."""
    known = VoterIdentifiers.objects.filter(voter=voter).first()
    try:
        identity, with_place = identity_of_claims(claims)
    except IdentifierUnreadable:
        return False
    fits = _fits(voter, known, "identity", identity)
    if known is not None and known.identity_with_place:
        fits &= _fits(voter, known, "identity_with_place", with_place)
    return fits


def _ask(
    voter: Voter,
    policy: Policy,
    contact: Contact,
    evidence: Mapping[str, Any],
    attempt: Try,
    *,
    network: str,
    at: datetime,
) -> Reissue:
    """Have the registrar check the evidence, then write the request; a success takes the try back."""
    # Not forgiven: who proved to be a voter must not try telephones and addresses at will to learn whose they are.
    require_free(contact, voter=voter)
    grant = secrets.token_hex(16)
    _ask_registrar(voter, policy, evidence, grant, attempt, at=at)
    asked = _Asked(voter, policy, contact, _network_key(network), grant, at)
    reissue = _write(asked)
    forgive_try(attempt)
    return reissue


def _ask_registrar(
    voter: Voter, policy: Policy, evidence: Mapping[str, Any], grant: str, attempt: Try, *, at: datetime
) -> None:
    """Obtain the registrar's grant, outside of any transaction. Its own refusals become those that the voter reads."""
    places = _places(voter, at=at)
    if not places:
        forgive_try(attempt)
        raise ReissueRefused("nothing_to_change")
    service = registrar_client.registrar()
    try:
        if service is None:
            raise RegistrarAway("not configured")
        service.ask_grant(request=grant, voter=voter.reference, policy=policy.code, evidence=evidence, places=places)
    except RegistrarAway as away:
        logger.warning("re-issue: the registrar is away: %s", away)
        forgive_try(attempt)
        raise ReissueRefused("registrar_away") from None
    except RegistrarRefused as refused:
        if refused.code == "evidence-refused":
            raise ReissueRefused("proof_refused", seconds=attempt.seconds) from None
        if refused.code == "slow-down":
            raise ReissueRefused("slowed", seconds=refused.seconds) from None
        if refused.code == "limit-reached":
            raise ReissueRefused("limit_reached") from None
        # The two do not agree on something that the voter has no part in.
        logger.error("re-issue: the registrar refused: %s", refused.code)  # noqa: TRY400  # The trace says no more.
        forgive_try(attempt)
        raise ReissueRefused("registrar_away") from None


def _places(voter: Voter, *, at: datetime) -> list[tuple[str, str]]:
    """Return contest and slot of each place of this voter whose key may change: no ballot stands there (R211-566)."""
    try:
        return [(contest["uuid"], contest["slot"]) for contest in reissue_contests(voter, at) if contest["change"]]
    except CredentialRefused:
        # A box that does not open is damage, told elsewhere too; no key is replaced by half.
        logger.error("re-issue: the places of a voter cannot be read")  # noqa: TRY400  # Nothing of it is fit for a log.
        raise ReissueRefused("registrar_away") from None


@transaction.atomic
def _write(asked: _Asked) -> Reissue:
    """Write the request, its link, its message and the notice that one was made, or nothing of it."""
    voter = asked.voter
    Voter.objects.select_for_update(of=("self",)).get(pk=voter.pk)
    _require_open(voter, asked.policy, at=asked.at)
    claim_contact(asked.contact, voter=voter)
    token = new_token()
    message = _queue(asked, token)
    link = _link(asked, token, message)
    reissue = Reissue.objects.create(
        voter=voter, policy=asked.policy.code, channel=asked.contact.channel, grant=asked.grant, link=link,
        message=message, network=asked.network, asked_at=asked.at,
    )  # fmt: skip
    notices = mails.reissue_asked(voter, policy=asked.policy, channel=asked.contact.channel, at=asked.at)
    queue_emails(kind="reissue-notice", messages=notices, at=asked.at)
    record(
        Kind.REISSUE_ASKED, actor="électeur", at=asked.at, subject=voter.reference,
        facts={"policy": asked.policy.code, "channel": asked.contact.channel},
    )  # fmt: skip
    return reissue


def _link(asked: _Asked, token: str, message: Message) -> OneTimeLink:
    """Return the saved link: it lives as long as the policy or the election says, and never beyond the closing."""
    election = asked.voter.election
    link = draft_link(
        voter_id=asked.voter.pk, purpose=OneTimeLink.Purpose.REISSUE, token=token, at=asked.at,
        hours=election.link_hours, message=message,
    )  # fmt: skip
    link.expires_at = link_end(asked.voter, asked.policy, at=asked.at)
    link.save()
    return link


def link_end(voter: Voter, policy: Policy, *, at: datetime) -> datetime:
    """Return when a link asked for now expires."""
    election = voter.election
    own = timedelta(hours=election.link_hours)
    if policy.link_minutes is not None:
        own = timedelta(minutes=policy.link_minutes)
    return min(at + own, election.voting_closes_at)


def _queue(asked: _Asked, token: str) -> Message:
    """Write the message with the link to the outbox."""
    voter, contact, at = asked.voter, asked.contact, asked.at
    if contact.channel == "sms":
        body = mails.reissue_sms(token=token, language=language_of(voter))
        try:
            return queue_sms(kind="reissue", recipient_e164=contact.recipient, body=body, at=at)
        except SmsRefused as refusal:
            logger.error("re-issue: a text message is refused: %s", refusal.code)  # noqa: TRY400  # The trace says no more.
            sentence = _("Aucun SMS ne peut partir vers ce numéro. Choisissez un autre numéro, ou une autre façon.")
            raise ReissueRefused("contact_invalid", sentence) from None
    expires = link_end(voter, asked.policy, at=at)
    account_link = _account_link(asked) if asked.policy.replaces_password else ""
    recipient, subject, body = mails.reissue_link(
        voter, recipient=contact.recipient, token=token, expires=expires, account_link=account_link
    )
    return queue_email(kind="reissue", recipient=recipient, subject=subject, body=body, at=at)


def _account_link(asked: _Asked) -> str:
    """Return the address of a link that sets the account right first: a new password, or the activation."""
    voter = asked.voter
    purpose = OneTimeLink.Purpose.PASSWORD if account_of(voter) else OneTimeLink.Purpose.ACTIVATION
    token = new_token()
    link = draft_link(voter_id=voter.pk, purpose=purpose, token=token, at=asked.at, hours=voter.election.link_hours)
    link.expires_at = link_end(voter, asked.policy, at=asked.at)
    link.save()
    return link_url(token, purpose)


def _network_key(network: str) -> str:
    """Return the keyed hash under which rates of re-issue are counted by network."""
    return hmac.new(ensure_secret(_NETWORK_PEPPER), network.encode(), hashlib.sha256).hexdigest()
