"""One demonstration whose clock crosses every milestone of its calendar, and the three voters who live it."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from isoloir.common.clock import PARIS
from tests.browser.demonstration import Visitor
from tests.browser.inspection import Inspector, Traffic
from tests.browser.member import President
from tests.browser.pictures import Album
from tests.browser.reissue_steps import Elector, Organiser, ReissueVote, ReissueVoter, electors_of
from tests.browser.seed_steps import RealCaptchaDemonstration, SeedVoter

MILESTONES = ("before", "portal", "lists", "opening", "closing")
_TYPED = "%Y-%m-%dT%H:%M:%S"


@dataclass
class Calendar:
    """The election of the walks; `milestone` is the last one crossed, and the clock never goes back."""

    served: RealCaptchaDemonstration
    inspector: Inspector
    page: Page
    folder: Path
    milestone: str = "before"
    album: Album = field(default_factory=Album)
    passwords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.page)
        self.president = President(self.page, None, folder=self.folder)
        # Voters of the identities' page, whom the employer's portal and FranceConnect know.
        self.first_time, self.lost_code, self.lost_password = electors_of(self.served.directory)[:3]
        self._choose_the_rules()

    def _choose_the_rules(self) -> None:
        """Offer every way of re-issue; open the portal in two hours, and show the lists of candidates tomorrow."""
        organiser = Organiser(self.page, None, folder=self.folder)
        organiser.enters(self.visitor.finds(self.visitor.finds_people("administration")[0]))
        organiser.offers_every_way()
        self.page.goto("/console/calendrier/")
        now = datetime.now(PARIS)
        for label, at in (
            ("Ouverture du portail", now + timedelta(hours=2)),
            ("Affichage des listes de candidats", now + timedelta(hours=26)),
        ):
            self.page.get_by_label(label).fill(at.strftime(_TYPED))
        organiser.clicks("Enregistrer le calendrier")
        organiser.leaves()

    def reaches(self, milestone: str) -> None:
        """Move the clock forward to a milestone, through those before it; nothing happens once it is crossed."""
        while MILESTONES.index(self.milestone) < MILESTONES.index(milestone):
            self.milestone = MILESTONES[MILESTONES.index(self.milestone) + 1]
            if self.milestone == "portal":
                self.visitor.moves_the_clock_to_the_portal()
            elif self.milestone == "lists":
                self.visitor.moves_the_clock_to_the_lists()
            elif self.milestone == "opening":
                self._seal()
                self.visitor.moves_the_clock_to_the_opening()
            else:
                self.visitor.moves_the_clock_past_the_closing()

    def _seal(self) -> None:
        self.visitor.lets_the_other_members_act()
        self.president.signs_in(self.visitor.finds(self.visitor.finds_people("président")[0]))
        self.president.seals()

    def vote(self) -> ReissueVote:
        """Return what the gestures of a re-issue need; nobody else is brought by it."""
        return ReissueVote(self.served, self.inspector, self.president, self.visitor, deque(), deque())


class WalkingVoter(SeedVoter):
    """A voter of the walks, whose screens are the tutorials' pictures."""

    def __init__(self, page: Page, traffic: Traffic, calendar: Calendar, elector: Elector) -> None:
        super().__init__(page, traffic, calendar.inspector, served=calendar.served, address=elector.address)
        self.calendar, self.elector = calendar, elector

    def picture(self, name: str, *, english: bool = False, part: str = "") -> None:
        """Have the screen, or one part of it, compared with its picture; in English too where the page can be had again."""
        self._compare(name, part)
        if not english:
            return
        self.page.get_by_role("button", name="English").click()
        self.language = "en"
        self._compare(name, part)
        self.page.get_by_role("button", name="Français").click()
        self.language = "fr"

    def asks_for_a_new_password(self) -> None:
        """Look at the first message as a picture, then go through both."""
        self.presses("Mot de passe perdu")
        self.arrives_at("Confirmez votre demande")
        self.picture("lost-password", english=True)
        self.page.goto("/mot-de-passe/")
        super().asks_for_a_new_password()

    def _compare(self, name: str, part: str) -> None:
        mask = (self.elector.name, self.elector.name.split()[-1], self.elector.address)
        of = self.page.locator(part).first if part else None
        self.calendar.album.picture(self.page, name, self.language, of=of, mask=mask)

    def at_the_vote(self) -> "WalkingElector":
        return WalkingElector(self)


class WalkingElector(ReissueVoter):
    """The same person, in front of her code and of her ballots."""

    def __init__(self, walking: WalkingVoter) -> None:
        super().__init__(walking.page, walking.traffic, walking.calendar.vote())
        self.walking = walking
        self.is_given(walking.elector)
        self.picture = walking.picture

    def copies_the_code(self) -> None:
        self.walking.copies_the_code()
