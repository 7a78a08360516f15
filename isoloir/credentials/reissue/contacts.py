"""The number or address that a voter types to receive the link: read, judged, and remembered as a keyed hash alone.

A contact serves one voter of the election (the rule of 2018), and an address that identifies a voter serves nobody. Both
are refused in the same words, so that nobody learns here who votes or whose telephone it is.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import ContactUse
from isoloir.elections.models import Election
from isoloir.identity.voters import addresses_of
from isoloir.roll.models import Voter, VoterAddress, address_key

from .policies import Policy

_PEPPER = "contact-pepper"
_LONGEST_TYPED = 254
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
# Metropolitan France, then the overseas departments and communities, each with a plan of numbers of its own.
_REGIONS = ("FR", "GP", "GF", "MQ", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF")
_PUNCTUATION = frozenset("+().-/ ")


@dataclass(frozen=True)
class Contact:
    """Where the link goes. `recipient` is a number in E.164 or an address as typed; `repr` shows neither."""

    channel: str
    recipient: str = field(repr=False)
    key: str = field(repr=False)


def read_contact(*, channel: str, typed: str, policy: Policy, voter: Voter) -> Contact:
    """Return the contact that was typed, judged by its form alone: nothing is looked up.

    Raises ReissueRefused (contact_invalid), whose sentence says how to mend it.
    """
    text = " ".join(unicodedata.normalize("NFKC", typed[: 2 * _LONGEST_TYPED]).split())
    if channel not in policy.channels:
        raise ReissueRefused("contact_invalid", _("Choisissez comment recevoir le lien."))
    if channel == "sms":
        number = read_mobile_number(text)
        return Contact(channel, number, contact_key(voter.election, channel, number))
    address = _read_address(text)
    if policy.refuses_work_domain and _is_of_work_domain(address, voter):
        raise ReissueRefused(
            "contact_invalid",
            _("Cette adresse est du même domaine que votre adresse professionnelle. Saisissez une adresse personnelle."),
        )  # fmt: skip
    return Contact(channel, address, contact_key(voter.election, channel, _mailbox_of(address)))


def read_mobile_number(typed: str) -> str:
    """Return the mobile number in E.164. Without a prefix it is of France, or of the one overseas plan that it fits.

    Raises ReissueRefused (contact_invalid) with the sentence that says why.
    """
    plain = "".join(typed.split())
    if not plain or not all(
        character.isascii() and (character.isdigit() or character in _PUNCTUATION) for character in plain
    ):
        raise _invalid(_("Saisissez un numéro de téléphone mobile, par exemple 06 12 34 56 78."))
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if plain.startswith("+"):
        return _international(plain)
    found: dict[str, PhoneNumber] = {}
    for region in _REGIONS:
        number = _parsed(plain, region)
        if number is not None and phonenumbers.is_valid_number_for_region(number, region):
            found.setdefault(_e164(number), number)
    mobiles = [text for text, number in found.items() if phonenumbers.number_type(number) in _MOBILE]
    if len(mobiles) == 1:
        return mobiles[0]
    if len(mobiles) > 1:
        raise _invalid(_("Ce numéro existe dans plusieurs territoires : écrivez-le avec son indicatif, par exemple +262 692 12 34 56."))  # fmt: skip
    if found:
        raise _refused_kind(next(iter(found.values())))
    raise _invalid(_("Ce numéro n’est pas celui d’un mobile français. S’il est d’un autre pays, écrivez-le avec son indicatif, par exemple +32 470 12 34 56."))  # fmt: skip


def require_free(contact: Contact, *, voter: Voter) -> None:
    """Refuse a contact that identifies any voter of the election, or that served another one. Raises ReissueRefused."""
    if contact.channel == "email":
        keys = {address_key(contact.recipient), _mailbox_of(contact.recipient)}
        identifies = VoterAddress.objects.filter(election=voter.election_id, key__in=keys).exists()
    else:
        identifies = False
    served = ContactUse.objects.filter(election=voter.election_id, key=contact.key).exclude(voter=voter).exists()
    if identifies or served:
        raise ReissueRefused("contact_refused")


def claim_contact(contact: Contact, *, voter: Voter) -> None:
    """Note, in the caller's transaction, that the contact serves this voter. Of two voters at once the second is refused.

    Raises ReissueRefused (contact_refused).
    """
    use, _made = ContactUse.objects.get_or_create(
        election_id=voter.election_id, key=contact.key, defaults={"voter": voter}
    )
    if use.voter_id != voter.pk:
        raise ReissueRefused("contact_refused")


def contact_key(election: Election, channel: str, text: str) -> str:
    """Return the keyed hash of a number or mailbox: the pepper is a file outside the database."""
    message = f"{election.slug}|{channel}|{text}".encode()
    return hmac.new(ensure_secret(_PEPPER), message, hashlib.sha256).hexdigest()


def _international(plain: str) -> str:
    number = _parsed(plain, None)
    if number is None or not phonenumbers.is_valid_number(number):
        raise _invalid(_("Ce numéro n’existe pas. Écrivez l’indicatif du pays puis le numéro, par exemple +32 470 12 34 56."))  # fmt: skip
    if phonenumbers.number_type(number) not in _MOBILE:
        raise _refused_kind(number)
    return _e164(number)


def _parsed(plain: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(plain, region)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _refused_kind(number: PhoneNumber) -> ReissueRefused:
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        return _invalid(_("C’est le numéro d’une ligne fixe, qui ne reçoit pas de SMS. Saisissez un numéro de mobile."))
    return _invalid(_("Ce numéro spécial ne reçoit pas de SMS. Saisissez le numéro d’un mobile."))


def _invalid(sentence: str) -> ReissueRefused:
    return ReissueRefused("contact_invalid", sentence)


def _read_address(text: str) -> str:
    try:
        validate_email(text)
        is_valid = len(text.encode()) <= _LONGEST_TYPED
    except ValidationError:
        is_valid = False
    if not is_valid:
        raise _invalid(_("Saisissez une adresse électronique complète, par exemple nom@exemple.fr."))
    return text


def _mailbox_of(address: str) -> str:
    """Return the mailbox behind an address: what follows « + » is a label that its owner makes up at will."""
    name, _at, domain = address_key(address).rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain}"


def _is_of_work_domain(address: str, voter: Voter) -> bool:
    domain = address_key(address).rpartition("@")[2]
    return any(
        domain == own or domain.endswith(f".{own}")
        for own in (address_key(each).rpartition("@")[2] for each in addresses_of(voter))
    )
