"""URLs of the voter audience."""

from django.urls import include, path
from django.views.i18n import set_language

from isoloir.web.access import audience

urlpatterns = [
    path("", include("isoloir.web.voter.urls")),
    path("captcha/", include("isoloir.web.captcha.urls")),
    path("langue/", audience("public")(set_language), name="set_language"),
]
