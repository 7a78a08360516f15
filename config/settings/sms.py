"""Providers of text messages, from variables ISOLOIR_SMS* (docs/mechanisms/messages.md): secrets come from nowhere else."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_OVH = "ISOLOIR_SMS_OVH_"
_OVH_REQUIRED = ("application_key", "application_secret", "consumer_key", "service")
_OVH_OPTIONAL = ("sender", "endpoint")


def sms_backends_from(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the setting SMS_BACKENDS from ISOLOIR_SMS, names with commas between: `ovh`, `http`, `console`.

    `ovh` reads ISOLOIR_SMS_OVH_APPLICATION_KEY, _APPLICATION_SECRET, _CONSUMER_KEY, _SERVICE, and _SENDER, _ENDPOINT if need
    be. `http`, and `http-NAME` for several, read ISOLOIR_SMS_HTTP or ISOLOIR_SMS_HTTP_NAME: a JSON object, the keywords of
    `isoloir.messaging.sms.generic.HttpBackend`. Raises ImproperlyConfigured for what is missing or unknown.
    """
    names = [name.strip() for name in environment.get("ISOLOIR_SMS", "").split(",") if name.strip()]
    return [_provider(name, environment) for name in names]


def _provider(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    if name == "console":
        return {"backend": "console", "name": name}
    if name == "ovh":
        given = {part: environment.get(_OVH + part.upper(), "") for part in (*_OVH_REQUIRED, *_OVH_OPTIONAL)}
        for part in _OVH_REQUIRED:
            if not given[part]:
                raise ImproperlyConfigured(f"{_OVH}{part.upper()} manque : le portail ne démarre pas sans elle.")
        return {"backend": "ovh", "name": name, **{part: value for part, value in given.items() if value}}
    if name == "http" or name.startswith("http-"):
        variable = f"ISOLOIR_SMS_{name.upper().replace('-', '_')}"
        try:
            members = json.loads(environment[variable])
        except KeyError:
            raise ImproperlyConfigured(f"{variable} manque : le portail ne démarre pas sans elle.") from None
        except ValueError:
            # Without the JSON's own sentence, which quotes what it read.
            raise ImproperlyConfigured(f"{variable} n’est pas un objet JSON.") from None
        if not isinstance(members, dict):
            raise ImproperlyConfigured(f"{variable} n’est pas un objet JSON.")
        return {**members, "backend": "http", "name": name}
    raise ImproperlyConfigured(
        "ISOLOIR_SMS nomme des fournisseurs parmi « ovh », « http », « http-NOM » et « console »."
    )
