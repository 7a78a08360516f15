"""The language switch of every page; a signed-in voter's choice is that of the portal's e-mails too."""

from django.http import HttpResponseBase
from django.utils.translation import check_for_language
from django.views.i18n import set_language

from isoloir.identity.voters import choose_language

from .access import PortalRequest, audience


@audience("public")
def switch_language(request: PortalRequest) -> HttpResponseBase:
    """Answer a POST of `language` and `next`: the page one comes from, in the other language."""
    answer = set_language(request)
    chosen = request.POST.get("language", "") if request.method == "POST" else ""
    if request.voter is not None and chosen and check_for_language(chosen):
        choose_language(request.voter, language=chosen)
    return answer
