"""Where providers of text messages say what became of them."""

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from isoloir.messaging.receipts import LONGEST_RECEIPT, receipts_backend, take_receipts
from isoloir.messaging.sms import Pushed

from .access import PortalRequest, audience


@audience("public")
@csrf_exempt
@require_http_methods(["GET", "POST"])
def receipts(request: PortalRequest, provider: str, secret: str) -> HttpResponse:
    """Take a provider's receipts. The same empty answer whatever they say, and of whichever message.

    By GET too: OVHcloud calls its callback address so. The address is the proof, and no session or cookie counts.
    """
    backend = receipts_backend(provider, secret)
    if backend is None:
        raise Http404
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isdecimal() or int(length) > LONGEST_RECEIPT:
        return HttpResponse(status=413)
    query = {name: request.GET[name] for name in list(request.GET)[:50]}
    take_receipts(backend, Pushed(query, request.content_type or "", request.body), at=request.now)
    return HttpResponse(status=204)
