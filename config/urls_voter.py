"""URLs of the voter audience."""

from django.urls import include, path

from isoloir.web.language import switch_language

urlpatterns = [
    path("", include("isoloir.web.voter.urls")),
    path("captcha/", include("isoloir.web.captcha.urls")),
    path("langue/", switch_language, name="set_language"),
]
