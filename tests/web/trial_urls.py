"""The portal's URLs, with three views that no release must have."""

from django.http import HttpResponse
from django.urls import include, path

from isoloir.web.access import audience


def open_view(_request):
    return HttpResponse("la porte bat")


@audience("public")
def broken_view(_request):
    raise RuntimeError("the inside of the house")


@audience("public")
def broken_link(_request, token):
    raise RuntimeError(f"what was sent with {token}")


urlpatterns = [
    path("", include("config.urls")),
    path("essai/sans-marque/", open_view),
    path("essai/panne/", broken_view, name="broken"),
    path("essai/lien/<str:token>/", broken_link, name="broken_link"),
]
handler400 = "isoloir.web.views.bad_request"
handler403 = "isoloir.web.views.forbidden"
handler404 = "isoloir.web.views.not_found"
handler500 = "isoloir.web.views.server_error"
