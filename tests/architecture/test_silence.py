"""The reader of the logs of the run finds what it looks for."""

import logging
from pathlib import Path

import pytest

from tests.silence import constants_named_as_secrets, findings
from tests.surroundings import private_folder

PASSWORD = "Une-Phrase-De-Test-9"
# Of a link that was never sent.
TOKEN = "kW3vQ0x_Yb7-Tn5sLr9PzHc2dAeFg4JmUiVoXq6B1tE"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"GET /activation/{TOKEN}/ 200", "the token of a link"),
        ("cast 4KpX+yZ0aB/cD1eF2gH3iJ4kL5mN6oP7qR8sT9uV0w1", "the reference of a ballot"),
        ("voter fatou.diallo@valmont.example signed in", "an address"),
        ("code 7ZxJk-R3mNpQ-8wYtA-bCdEfG refused", "a voting code"),
        ("stored argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "a hash of a password"),
        (f"KeyError: '{PASSWORD}'", "a password or an answer typed in a test"),
    ],
)
def test_a_line_that_tells_a_secret_is_found(line: str, found: str) -> None:
    assert list(findings(["isoloir ready", line], [PASSWORD])) == [f"2: {found}"]


def test_an_ordinary_line_is_not_found() -> None:
    lines = [
        "ValueError in view voter:link",
        "the count of CSA-MIN cannot begin: result-unknown",
        "message 12 not sent",
    ]
    assert list(findings(lines, [PASSWORD])) == []


def test_constants_of_the_tests_are_known() -> None:
    assert PASSWORD in constants_named_as_secrets(Path(__file__).parent)


def test_what_is_logged_in_this_process_is_kept() -> None:
    logging.getLogger("isoloir.trial").warning("kept for the end of the run")
    kept = private_folder() / "said" / "python.log"
    assert "isoloir.trial kept for the end of the run" in kept.read_text(encoding="utf-8")
