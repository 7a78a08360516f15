"""Pages of the voters' accounts in a real browser: found by the keyboard alone, accessible on a narrow screen too."""

import os
from datetime import timedelta
from typing import Any

import pytest

from isoloir.elections.models import Election
from isoloir.identity.campaigns import finish_campaign, open_campaign
from isoloir.identity.models import Campaign, OneTimeLink, Suspension
from isoloir.identity.slowdown import begin_try
from isoloir.roll.models import Voter
from tests.console.test_console_in_a_browser import assert_accessible, console
from tests.electorate import BEFORE, activate

__all__ = ("console",)


@pytest.fixture
def followed(console: Any, election: Election) -> Any:
    """The console of an election whose campaign was sent, and in which voters have begun to answer."""
    finish_campaign(
        open_campaign(election=election, kind=Campaign.Kind.OPENING, actor="essai", at=BEFORE), at=BEFORE
    )  # fmt: skip
    first, second, third = Voter.objects.order_by("pk")[:3]
    OneTimeLink.objects.filter(voter__in=(first, second)).update(opened_at=BEFORE + timedelta(hours=1))
    activate(first, at=BEFORE)
    Suspension.objects.create(voter=third, since=BEFORE, reason="Téléphone volé")
    begin_try(action="sign-in", subjects=("address x",), at=BEFORE)
    return console


def photograph(page: Any, name: str) -> None:
    """Keep what the page looks like, when a folder is named for it."""
    folder = os.environ.get("ISOLOIR_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_of_accounts_are_accessible_with_something_in_them(followed: Any, live_server: Any, width: int) -> None:
    followed.set_viewport_size({"width": width, "height": 800})
    keys = Voter.objects.order_by("pk").values_list("pk", flat=True)[:3]
    pages = {
        "activation": "activation/", "remind": "relance/", "slowdowns": "ralentissements/", "rules": "regles/",
        "search": "", "account": f"{keys[0]}/", "suspended": f"{keys[2]}/",
    }  # fmt: skip
    for name, path in pages.items():
        followed.goto(f"{live_server.url}/console/comptes/{path}")
        assert_accessible(followed)
        photograph(followed, f"{name}-{width}")


def test_reminder_is_sent_by_the_keyboard_alone(followed: Any, live_server: Any) -> None:
    followed.goto(f"{live_server.url}/console/comptes/activation/")
    followed.get_by_role("link", name="Relancer les comptes non activés").focus()
    followed.keyboard.press("Enter")
    followed.get_by_role("heading", name="Écrire à").wait_for()
    followed.get_by_role("button", name="Envoyer la relance").focus()
    followed.keyboard.press("Enter")
    followed.get_by_text("La relance est lancée").wait_for()
    assert Campaign.objects.filter(kind=Campaign.Kind.REMINDER).count() == 1


def test_refused_rule_is_told_above_and_at_its_field(followed: Any, live_server: Any) -> None:
    followed.goto(f"{live_server.url}/console/comptes/regles/")
    followed.get_by_label("Validité d’un lien, en heures").fill("0")
    followed.get_by_role("button", name="Enregistrer les règles").click()
    followed.get_by_role("alert").wait_for()
    assert followed.get_by_label("Validité d’un lien, en heures").get_attribute("aria-invalid") == "true"
    assert_accessible(followed)
