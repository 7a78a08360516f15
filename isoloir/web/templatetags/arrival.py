"""Tags of the arrival from the employer's portal."""

from django import template

from isoloir.identity.single_sign_on import SingleSignOn, single_sign_on

register = template.Library()


@register.simple_tag(name="single_sign_on")
def configured_single_sign_on() -> SingleSignOn | None:
    """Return the employer's portal from which voters may arrive: its `.name`, and whether it `.replaces_password`."""
    return single_sign_on()
