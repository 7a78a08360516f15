"""Changing the roll one voter at a time, by the rules of its import: what a granted claim does.

The caller holds the election and the contests concerned, none of them sealed, and writes the journal.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from isoloir.common.characters import plain_text_faults
from isoloir.common.csvfiles import folded
from isoloir.elections.models import Contest, Election

from .errors import ChangeRefused
from .models import NameWord, RollEntry, Voter, VoterAddress, address_key
from .names import write_names
from .rules import address_fault, contests_fault, establishment_code_fault, recipient_fault, reference_fault

# What a claim may correct; a reference, an académie and an address of distribution come with the file of the organiser.
CORRECTABLE = ("civility", "last_name", "first_names", "email", "second_email", "establishment_code", "establishment")
# What a new voter has besides.
NEW_VOTER = ("reference", *CORRECTABLE, "academy")
LENGTHS = {name: int(getattr(Voter._meta.get_field(name), "max_length", 0)) for name in NEW_VOTER}
_MAY_BE_EMPTY = frozenset({"civility", "second_email"})


def add_entry(*, voter: Voter, contest: Contest) -> RollEntry:
    """Put a voter of the election on the roll of a contest. Raises ChangeRefused: already there, or too many contests."""
    if contest.election_id != voter.election_id:
        raise ChangeRefused({"contest": _("Ce scrutin n’est pas de cette élection.")})
    held = set(voter.entries.values_list("contest_id", flat=True))
    if contest.pk in held:
        raise ChangeRefused({"contest": _("Cette personne est déjà sur la liste de ce scrutin.")})
    if message := contests_fault(len(held) + 1):
        raise ChangeRefused({"contest": message})
    entry = RollEntry.objects.create(voter=voter, contest=contest)
    write_names([entry])
    return entry


def remove_entry(*, entry: RollEntry) -> bool:
    """Take an entry off a roll; tell whether it was the voter's last, who then is no voter of the election any more.

    A voter is on at least one roll: the account of one who is on none goes away too.
    """
    voter = entry.voter
    NameWord.objects.filter(entry=entry).delete()
    entry.delete()
    if voter.entries.exists():
        return False
    voter.delete()
    return True


def correct_voter(*, voter: Voter, fields: Mapping[str, str]) -> Voter:
    """Replace some of CORRECTABLE by these values; names are sorted and found anew. Raises ChangeRefused."""
    if unknown := set(fields) - set(CORRECTABLE):
        raise ValueError(f"not correctable: {sorted(unknown)}")
    wanted = {name: getattr(voter, name) for name in CORRECTABLE} | dict(fields)
    faults = voter_faults(voter.election, wanted, voter=voter)
    if faults:
        raise ChangeRefused(faults)
    for name, value in fields.items():
        setattr(voter, name, value)
    voter.save(update_fields=tuple(fields))
    if {"email", "second_email"} & set(fields):
        _write_addresses(voter)
    if {"last_name", "first_names"} & set(fields):
        write_names(voter.entries.select_related("voter"))
    return voter


def add_voter(*, election: Election, fields: Mapping[str, str]) -> Voter:
    """Make a voter of somebody who is on no roll, from all of NEW_VOTER; `add_entry` follows. Raises ChangeRefused."""
    if set(fields) != set(NEW_VOTER):
        raise ValueError("a new voter has every field")
    faults = voter_faults(election, fields)
    if faults:
        raise ChangeRefused(faults)
    voter = Voter.objects.create(election=election, **fields)
    _write_addresses(voter)
    return voter


def voter_faults(election: Election, fields: Mapping[str, str], *, voter: Voter | None = None) -> dict[str, str]:
    """Return the sentence of each field that the import would refuse; `voter` is who is corrected, None for a new one."""
    faults: dict[str, str] = {}
    for name, value in fields.items():
        if sentence := _plain_fault(name, value):
            faults[name] = sentence
    faults |= {
        name: sentence
        for name, sentence in _address_faults(election, fields, voter).items()
        if name not in faults
    }  # fmt: skip
    if message := recipient_fault(fields["civility"], fields["first_names"], fields["last_name"]):
        faults.setdefault("last_name", message)
    if message := establishment_code_fault(fields["establishment_code"]):
        faults.setdefault("establishment_code", message)
    if voter is None:
        faults |= {name: said for name, said in _new_voter_faults(election, fields).items() if name not in faults}
    return faults


def _plain_fault(name: str, value: str) -> str:
    if not value.strip():
        return "" if name in _MAY_BE_EMPTY and not value else _("Ce champ est à remplir.")
    faults = plain_text_faults(value, LENGTHS[name])
    if "\n" in value or "\t" in value:
        faults.append(_("Ce champ tient sur une ligne."))
    return " ".join(faults)


def _address_faults(election: Election, fields: Mapping[str, str], voter: Voter | None) -> dict[str, str]:
    """Return what is wrong with the addresses; either identifies, so that no two voters of the election share one."""
    faults: dict[str, str] = {}
    taken = VoterAddress.objects.filter(election=election).exclude(voter=voter.pk if voter else None)
    for name in ("email", "second_email"):
        address = fields[name]
        if not address:
            continue
        key = address_key(address)
        if message := address_fault(address):
            faults[name] = message
        elif name == "second_email" and key == address_key(fields["email"]):
            faults[name] = _("Cette adresse est la même que la première : laissez le champ vide.")
        elif taken.filter(key=key).exists():
            faults[name] = _("Une adresse n’identifie qu’un électeur.")
    return faults


def _new_voter_faults(election: Election, fields: Mapping[str, str]) -> dict[str, str]:
    faults: dict[str, str] = {}
    reference, academy = fields["reference"], fields["academy"]
    if message := reference_fault(reference):
        faults["reference"] = message
    elif election.voters.filter(reference__iexact=reference).exists():
        faults["reference"] = _("Une personne de la liste électorale a déjà cette référence.")
    # Notices are put in one folder for each academy: two spellings would make two.
    spellings = election.voters.order_by().values_list("academy", flat=True).distinct()
    if any(folded(known) == folded(academy) and known != academy for known in spellings):
        faults["academy"] = _("Cette académie est écrite autrement sur la liste électorale.")
    return faults


def _write_addresses(voter: Voter) -> None:
    VoterAddress.objects.filter(voter=voter).delete()
    keys = dict.fromkeys(address_key(address) for address in (voter.email, voter.second_email) if address)
    VoterAddress.objects.bulk_create(VoterAddress(election=voter.election, voter=voter, key=key) for key in keys)
