"""Reads all that was logged during the run, and fails the run if a secret or somebody's address is in it.

pytest loads it by `-p` (pyproject.toml). Each process keeps what its loggers said in a file; the servers and workers that
tests start write logs of their own. The first process reads all of it at the end, once its workers are done.
"""

import ast
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.surroundings import is_first_process, private_folder

_KEPT = "python.log"
_SECRETS = "typed-secrets.txt"
_LOGS = ("*.log",)
_CONSTANT = re.compile(r"(PASSWORD|ANSWER|SECRET|PASSPHRASE)", re.IGNORECASE)
_SHORTEST_SECRET = 8
# What a secret looks like, whatever its value: a test that forgot to name it is no excuse.
_SHAPES = {
    "the token of a link": re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"),
    "the reference of a ballot": re.compile(r"(?<![\w+/])(?=[\w+/]*[+/])[\w+/]{43}(?![\w+/])"),
    "a voting code": re.compile(r"(?<!\w)[1-9A-HJ-NP-Za-km-z]{5}(?:-[1-9A-HJ-NP-Za-km-z]{5,6}){3}(?!\w)"),
    "a hash of a password": re.compile(r"\$?argon2id?\$"),
    "an address": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
}
_findings: list[str] = []


def findings(lines: Iterable[str], secrets: Iterable[str] = ()) -> Iterator[str]:
    """Yield « line number: what it holds » for each line that holds a secret or an address; never the secret itself."""
    known = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]
    for number, line in enumerate(lines, start=1):
        for kind, shape in _SHAPES.items():
            if shape.search(line):
                yield f"{number}: {kind}"
        if any(secret in line for secret in known):
            yield f"{number}: a password or an answer typed in a test"


def constants_named_as_secrets(folder: Path) -> set[str]:
    """Return the texts that the modules of a folder give to names such as PASSWORD or ANSWER."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                names = " ".join(target.id for target in node.targets if isinstance(target, ast.Name))
                if _CONSTANT.search(names):
                    found.add(node.value.value)
    return found


def _own_file(name: str) -> Path:
    folder = private_folder() / "said"
    folder.mkdir(exist_ok=True)
    return folder / name


@pytest.fixture(scope="session", autouse=True)
def _what_is_logged_is_kept(django_test_environment: None) -> Iterator[None]:
    """Keep every record that some handler receives, and note what is hashed as a password.

    Not by a handler of the root: commands that tests call in this process settle the loggers anew, and remove it.
    """
    from isoloir.identity.hashers import ExplicitArgon2PasswordHasher as Hasher

    kept = logging.FileHandler(_own_file(_KEPT), encoding="utf-8")
    kept.setFormatter(logging.Formatter("%(name)s %(message)s"))
    typed: set[str] = set()
    really_call, really_encode, really_verify = logging.Logger.callHandlers, Hasher.encode, Hasher.verify

    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        if self.hasHandlers():
            kept.handle(record)
        really_call(self, record)

    def encode(self: Hasher, password: str, salt: str) -> Any:
        typed.add(password)
        return really_encode(self, password, salt)

    def verify(self: Hasher, password: str, encoded: str) -> Any:
        typed.add(password)
        return really_verify(self, password, encoded)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "callHandlers", call_handlers)
        patch.setattr(Hasher, "encode", encode)
        patch.setattr(Hasher, "verify", verify)
        yield
    kept.close()
    _own_file(_SECRETS).write_text("\n".join(text for text in sorted(typed) if "\n" not in text), encoding="utf-8")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Read everything once all workers are done."""
    if not is_first_process():
        return
    shared, temporary = private_folder().parent, session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    secrets = constants_named_as_secrets(Path(__file__).parent)
    for path in shared.glob(f"*/said/{_SECRETS}"):
        secrets.update(path.read_text(encoding="utf-8").splitlines())
    for folder in (shared, temporary):
        for path in sorted(path for pattern in _LOGS for path in folder.rglob(pattern)):
            with path.open(encoding="utf-8", errors="replace") as lines:
                _findings.extend(f"{path.relative_to(folder)}:{found}" for found in findings(lines, secrets))
    if _findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the lines, without what they hold."""
    if _findings:
        terminalreporter.section("secrets or addresses in the logs", red=True, bold=True)
        for found in _findings[:50]:
            terminalreporter.line(found)
