"""The repository stands alone: it names no machine, no registry, and holds no secret folder."""

import re

import pytest

from tests.architecture import tree

# Brackets and braces keep this file from holding what it forbids.
FORBIDDEN = {
    "a folder of somebody's machine": r"(?<![\w.:/-])/(root|work|home)[/][\w.]",
    "the address of a package registry": r"pypi[.]org|files[.]pythonhosted|registry[.]npmjs|deb[.]debian[.]org|crates[.]io",
    "the documents of the team": r"\.\./[s]hared",
}
BINARY = {".png", ".pdf", ".ico", ".woff2", ".mo", ".ttf", ".otf", ".bel", ".jpg", ".wav"}
# The new machine of this script has a home of its own.
ALLOWED = {("a folder of somebody's machine", "tools/try-fresh-machine")}


def mentions(what: str) -> list[str]:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tree.files():
        if path.suffix in BINARY or (what, tree.name(path)) in ALLOWED:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = pattern.search(line)
            if match:
                found.append(f"{tree.name(path)}:{number} {match[0]}")
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_mentions(what):
    assert mentions(what) == []


@pytest.mark.parametrize(
    "text",
    [
        f"see {'/'}root/x",
        f"open({'/'}work/main)",
        f"index = https://pypi{'.'}org/simple",
        f"read ..{'/'}shared/product.md",
    ],
)
def test_what_is_forbidden_is_recognised(text):
    assert any(re.search(pattern, text) for pattern in FORBIDDEN.values())


def test_the_locks_are_those_without_addresses():
    names = {tree.name(path) for path in tree.files()}
    assert "uv.lock" not in names
    assert {"requirements.lock", "requirements-dev.lock"} <= names
    for lock in (path for path in tree.files() if path.name == "package-lock.json"):
        assert '"resolved": "http' not in lock.read_text()


def test_locks_pin_every_package_by_its_hash():
    for lock in (path for path in tree.files() if path.suffix == ".lock"):
        packages = [line for line in lock.read_text().split("\n") if re.match(r"[a-z0-9]", line)]
        assert packages
        assert all("==" in line and line.endswith("\\") for line in packages), tree.name(lock)


def test_the_development_lock_holds_what_serving_needs():
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][\w.-]*==[\w.]+", (tree.ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_no_secret_and_no_database_is_committed():
    suspects = [
        tree.name(path)
        for path in tree.files()
        if path.suffix in {".sqlite3", ".key", ".pem"} or tree.name(path).startswith("var/")
    ]
    assert suspects == []
