"""Every template is used, and every template reads."""

import pytest
from django.template.loader import get_template

from tests.architecture import tree

FOLDER = tree.ROOT / "isoloir" / "web" / "templates"
# Django looks for these by their name.
CALLED_BY_DJANGO = {"400.html", "403.html", "404.html", "500.html"}


def templates() -> list[str]:
    return [str(path.relative_to(FOLDER)) for path in tree.files() if path.is_relative_to(FOLDER)]


def test_every_template_is_used():
    sources = {path: path.read_text() for path in tree.files() if path.suffix in {".py", ".html", ".txt"}}
    used = "\n".join(text for path, text in sources.items() if "tests" not in path.parts)
    orphans = [name for name in templates() if f'"{name}"' not in used and f"'{name}'" not in used]
    assert set(orphans) - CALLED_BY_DJANGO == set()


@pytest.mark.parametrize("name", templates())
def test_every_template_reads(name):
    assert get_template(name).template.name == name
