"""What every person of these tests has: a browser of their own, and eyes."""

from playwright.sync_api import Locator, Page

from tests.browser.inspection import Inspector


def bare(reference: Locator) -> str:
    """Return a reference without the spaces that make it readable."""
    return "".join(reference.inner_text().split())


class Person:
    """Somebody in front of a page."""

    def __init__(self, page: Page, inspector: Inspector | None = None) -> None:
        self.page, self._inspector = page, inspector

    def looks(self, name: str) -> None:
        """Have the page checked and kept, when somebody inspects."""
        if self._inspector is not None:
            self._inspector.look(self.page, name)

    def title(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def sees(self, title: str) -> None:
        """Wait for the page of this title."""
        self.title().filter(has_text=title).wait_for()

    def clicks(self, name: str) -> None:
        """Click the button or the link of this name."""
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()
