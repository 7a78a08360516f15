"""Anybody who reads the results."""

from dataclasses import dataclass
from pathlib import Path

from tests.browser.person import Person, bare


@dataclass(frozen=True)
class ResultSeen:
    """What a results page says: votes by list (the blank ones under « Votes blancs »), and where its archive was saved."""

    votes: dict[str, int]
    archive: Path
    sha256: str


class Citizen(Person):
    """Reads the results and takes the archive away."""

    def reads_the_results(self) -> list[str]:
        """Open the page of all results; return the names of the published contests."""
        self.page.goto("/resultats/")
        self.sees("Résultats")
        self.looks("public-results")
        cards = self.page.locator("li").filter(has=self.page.get_by_role("link", name="Lire les résultats"))
        return cards.locator("h2").all_inner_texts()

    def reads_the_result_of(self, contest: str, folder: Path) -> ResultSeen:
        self.page.goto("/resultats/")
        self.page.get_by_role("link", name=f"Lire les résultats : {contest}").click()
        self.sees(contest)
        self.looks(f"public-result-{contest[:3].lower()}-{contest.split()[1][:5].lower()}")
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Urne publiée").click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return ResultSeen(votes=self._votes(), archive=path, sha256=self._archive_fingerprint())

    def downloads_the_register_of(self, contest: str, folder: Path) -> Path:
        """Download the register of keys of a contest, which is on the page of all results from its first line on."""
        self.page.goto("/resultats/")
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=f"Registre des clés : {contest}").click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def _votes(self) -> dict[str, int]:
        rows = self.page.locator(".figure table tbody tr")
        return {row.locator("th").inner_text(): int(row.locator("td").first.inner_text()) for row in rows.all()}

    def _archive_fingerprint(self) -> str:
        return bare(self.page.locator("li").filter(has_text="Comparez son empreinte").locator(".tracker"))
