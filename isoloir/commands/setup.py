"""Starting Django for a command, and a database that is up to date."""

import os
import sys
from pathlib import Path


def start_django(*, settings: str = "config.settings.production", directory: Path | None = None) -> None:
    """Configure Django; with `directory`, database and secrets live there. To be called once, before any model is imported.

    `settings` names the module of settings when the environment names none; processes started later inherit it. Ends the
    program with status 1 and a sentence when the settings are incomplete.
    """
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        os.environ["ISOLOIR_VAR"] = str(directory)
        os.environ["ISOLOIR_SECRETS"] = str(directory / "secrets")
        os.environ.pop("ISOLOIR_SQLITE", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_SETTINGS_MODULE") or settings
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as fault:
        # Its sentence names what is missing, never a value.
        print(fault, file=sys.stderr)
        sys.exit(1)


def migrate() -> None:
    """Bring the database to the models' state."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def collect_static() -> None:
    """Put static files, with their hashes in their names, where the server reads them."""
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
