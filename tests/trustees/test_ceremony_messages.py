"""The ceremony as the portal receives it: whose message is refused when one member spoils it."""

import os

import pytest
from isoloir_protocol import jsontext
from isoloir_protocol.channels import keys_of_seed, signed_message
from isoloir_protocol.pedersen import certificate_message
from isoloir_protocol.trustees import generate_seed, make_certificate

from isoloir.trustees.actions import submit_step
from isoloir.trustees.errors import MessageRefused
from isoloir.trustees.models import Trustee
from tests.factories import BEFORE, make_world

pytestmark = pytest.mark.django_db


def test_keys_of_another_member_are_refused_to_who_copies_them() -> None:
    world = make_world(sealed=False, delegates=3)
    delegates = Trustee.objects.filter(group__ceremony=world.station.ceremony, group__role="delegates").order_by(
        "index"
    )
    honest, copier, last = delegates
    seeds = [generate_seed(os.urandom) for _member in delegates]

    def certificate(place: int) -> str:
        return make_certificate(seed=seeds[place], index=place + 1, size=3, threshold=2, random=os.urandom)

    submit_step(trustee=honest, step="certificate", text=certificate(0), by=honest.account, at=BEFORE)
    # Rightly signed with the copier's own key; the key to encrypt for is the honest member's.
    keys = keys_of_seed(seeds[1])
    message = certificate_message(2, 3, 2, keys.verification, keys_of_seed(seeds[0]).encryption)
    copied = jsontext.canonical(signed_message(keys.signing, message, os.urandom))
    with pytest.raises(MessageRefused, match="duplicate-certificate"):
        submit_step(trustee=copier, step="certificate", text=copied, by=copier.account, at=BEFORE)
    for place, member in ((1, copier), (2, last)):
        submit_step(trustee=member, step="certificate", text=certificate(place), by=member.account, at=BEFORE)
