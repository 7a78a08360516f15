"""The texts and the questions in a real browser: nothing for axe nor for the HTML checker to say, wide and narrow."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from isoloir.elections.models import Election
from isoloir.identity.models import ChallengeQuestion
from isoloir.identity.questions import add_question, retire_question
from isoloir.texts.actions import change_text
from isoloir.texts.announcements import publish_announcement
from isoloir.texts.models import Kind
from isoloir.texts.reading import default_text
from tests.browser.inspection import PHONE, Inspector
from tests.electorate import BEFORE

ACTOR = "admin@valmont.example"
QUESTIONS = (
    "Quel était le nom de votre première école ?",
    "Quelle rue habitiez-vous enfant ?",
    "Quel plat détestez-vous ?",
)


@pytest.fixture
def console(transactional_db: None, live_server: Any, election: Election, administrator: Client, page: Any) -> Any:
    """A browser signed in as an administrator; the election has questions, and a text of its own."""
    ChallengeQuestion.objects.filter(election=election).delete()
    by = {"actor": ACTOR, "at": BEFORE}
    rows = [add_question(election=election, text_fr=text, text_en=f"In English: {text}", **by) for text in QUESTIONS]
    add_question(election=election, text_fr="Quelle était votre première voiture ?", text_en="Your first car?", **by)
    retire_question(question=rows[2], **by)
    publish_announcement(
        election=election, level="warning", text_fr="Arrêt ce soir.", text_en="Stop tonight.",
        starts_at=BEFORE - timedelta(days=900), ends_at=BEFORE + timedelta(days=900), **by,
    )  # fmt: skip
    default = default_text(Kind.FAQ)
    change_text(
        election=election, kind=Kind.FAQ, text_fr=default.fr + "\n### Et ensuite ? {#ensuite}\n\nRien.\n",
        text_en=default.en + "\n### And then? {#ensuite}\n\nNothing.\n", based_on=0, **by,
    )  # fmt: skip
    cookie = administrator.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


def test_no_page_has_a_fault_that_the_checkers_find(console: Any, live_server: Any, tmp_path: Path) -> None:
    inspector = Inspector(tmp_path, address=live_server.url)
    number = ChallengeQuestion.objects.order_by("pk").first().pk
    for name, path in {
        "edito": "edito/", "faq": "aide/", "legal": "mentions-legales/", "search": "aide/?q=lien", "no-answer": "aide/?q=girafe",
        "tutorial": "tutoriels/parcours-electeur/", "announcements": "console/annonces/", "texts": "console/textes/",
        "text": "console/textes/edito/", "versions": "console/textes/faq/versions/",
        "version": "console/textes/faq/versions/1/", "origin": "console/textes/faq/origine/",
        "questions": "console/questions/", "question-add": "console/questions/ajouter/",
        "question": f"console/questions/{number}/", "question-retire": f"console/questions/{number}/retirer/",
    }.items():  # fmt: skip
        console.goto(f"{live_server.url}/{path}")
        assert console.locator("h1").count() == 1
        inspector.look(console, name)
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []


def test_a_text_is_looked_at_corrected_and_saved(console: Any, live_server: Any, tmp_path: Path) -> None:
    inspector = Inspector(tmp_path, address=live_server.url)
    console.goto(f"{live_server.url}/console/textes/faq/")
    console.get_by_role("button", name="Voir l’aperçu").click()
    expect(console.locator("h1")).to_have_count(1)
    inspector.look(console, "preview")
    console.get_by_label("Texte anglais").fill("## Bad {#bad}\n\n[x](javascript:alert(1))\n\n![x](/a.png)")
    console.get_by_role("button", name="Enregistrer le texte").click()
    summary = console.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_count(2)
    inspector.look(console, "faults")
    console.get_by_label("Texte anglais").fill("## Good {#good}\n\n[Help](/aide/)")
    # Somebody saves meanwhile: what was typed stays, beside the other text.
    election = Election.objects.current()
    change_text(
        election=election, kind=Kind.FAQ, text_fr="## Un autre ?", text_en="## Another?", based_on=1,
        actor="second@valmont.example", at=BEFORE,
    )  # fmt: skip
    console.get_by_role("button", name="Enregistrer le texte").click()
    expect(console.get_by_role("alert").get_by_text("second@valmont.example")).to_have_count(1)
    assert "## Good" in console.get_by_label("Texte anglais", exact=True).input_value()
    assert (
        console.get_by_role("region", name="Texte anglais enregistré entre-temps").inner_text().strip() == "## Another?"
    )
    inspector.look(console, "meanwhile")
    console.get_by_role("button", name="Enregistrer le texte").click()
    expect(console).to_have_url(re.compile("/console/textes/$"))
    inspector.look(console, "saved")
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []


def test_questions_are_ordered_by_the_keyboard_alone(console: Any, live_server: Any) -> None:
    console.set_viewport_size(PHONE)
    console.goto(f"{live_server.url}/console/questions/")
    up = console.get_by_role("button", name="Monter : Quelle était votre première voiture ?")
    for _time in range(2):
        up.focus()
        with console.expect_navigation():
            console.keyboard.press("Enter")
    offered = console.locator("ol.numbered strong").all_inner_texts()
    assert offered == ["Quelle était votre première voiture ?", *QUESTIONS[:2]]
