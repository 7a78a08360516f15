"""The key ceremony, message by message (belenios-protocol §7.2). The server routes and checks; it never sees a secret."""

from datetime import datetime

from django.db import transaction
from isoloir_protocol.ceremony import (
    check_polynomial,
    check_share,
    finish_ceremony,
    route_polynomials,
)
from isoloir_protocol.errors import ProtocolError, TrusteesRefused
from isoloir_protocol.group import Element
from isoloir_protocol.pedersen import check_certificate, check_certificates
from isoloir_protocol.trustees import build_trustees

from isoloir.identity.models import Account
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import MessageRefused, StepNotDue
from .models import Ceremony, Trustee, TrusteeGroup

STEPS = ("certificate", "polynomial", "share")


def due_step(trustee: Trustee, members: list[Trustee]) -> str:
    """Return what is asked of `trustee` now: a step, `wait` while others must act, or `ready` when its group is done."""
    for step in STEPS:
        if not getattr(trustee, step):
            return step
        if not all(getattr(member, step) for member in members):
            return "wait"
    return "ready"


@transaction.atomic
def submit_step(*, trustee: Trustee, step: str, text: str, by: Account, at: datetime) -> Ceremony:
    """Receive one message of the ceremony from its holder. Raises StepNotDue, MessageRefused.

    Receiving again exactly what was received changes nothing, so that a browser may try again after a lost answer.
    """
    ceremony = Ceremony.objects.select_for_update(of=("self",)).get(groups=trustee.group_id)
    members = list(Trustee.objects.filter(group=trustee.group_id).select_related("group").order_by("index"))
    mine = next(member for member in members if member.pk == trustee.pk)
    if mine.account_id != by.pk:
        raise StepNotDue
    if step in STEPS and text and getattr(mine, step) == text:
        return ceremony
    if due_step(mine, members) != step:
        raise StepNotDue
    try:
        _check(mine, members, step, text)
    except ProtocolError as error:
        raise MessageRefused(error.code) from None
    setattr(mine, step, text)
    mine.save(update_fields=(step,))
    record(
        Kind.TRUSTEE_STEP_DONE, actor=by.email, at=at, subject=ceremony.code, facts={"step": step, "owner": mine.owner}
    )
    if step == "share" and all(member.share for member in members):
        _finish_group(mine.group, members)
        _finish_ceremony(ceremony, at)
    return ceremony


def _check(mine: Trustee, members: list[Trustee], step: str, text: str) -> None:
    threshold = mine.group.threshold
    certificates = [member.certificate for member in members]
    if step == "certificate":
        check_certificate(text, index=mine.index, size=len(members), threshold=threshold)
        certificates[mine.index - 1] = text
        _check_keys_differ(certificates, threshold)
        if all(certificates):
            check_certificates(certificates, threshold=threshold)
    elif step == "polynomial":
        check_polynomial(certificates=certificates, index=mine.index, text=text)
    else:
        polynomials = [member.polynomial for member in members]
        check_share(certificates=certificates, polynomials=polynomials, index=mine.index, text=text)


def _check_keys_differ(certificates: list[str], threshold: int) -> None:
    """Check each certificate received so far, and that no key is there twice: who copies one is refused, not who is copied."""
    keys: set[Element] = set()
    for index, text in enumerate(certificates, start=1):
        if text:
            read = check_certificate(text, index=index, size=len(certificates), threshold=threshold)
            if keys & {read.verification, read.encryption} or read.verification == read.encryption:
                raise TrusteesRefused("duplicate-certificate")
            keys |= {read.verification, read.encryption}


def routed_message(trustee: Trustee, members: list[Trustee]) -> str:
    """Return the trustee's input for step 3 (`vinput`): what every member has sent to it. Raises MessageRefused."""
    try:
        routed = route_polynomials(
            certificates=[member.certificate for member in members],
            polynomials=[member.polynomial for member in members],
        )
    except ProtocolError as error:
        raise MessageRefused(error.code) from None
    return routed[trustee.index - 1]


def _finish_group(group: TrusteeGroup, members: list[Trustee]) -> None:
    group.parameters = finish_ceremony(
        certificates=[member.certificate for member in members],
        polynomials=[member.polynomial for member in members],
        shares=[member.share for member in members],
    )
    group.save(update_fields=("parameters",))


def _finish_ceremony(ceremony: Ceremony, at: datetime) -> None:
    groups = list(ceremony.groups.order_by("position"))
    if not all(group.parameters for group in groups):
        return
    ceremony.trustees_record = build_trustees([("Pedersen", group.parameters) for group in groups]).decode()
    ceremony.completed_at = at
    ceremony.save(update_fields=("trustees_record", "completed_at"))
    record(Kind.CEREMONY_COMPLETED, actor="", at=at, subject=ceremony.code)
