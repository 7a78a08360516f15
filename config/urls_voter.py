"""URLs of the voter audience."""

from django.urls import include, path

urlpatterns = [path("", include("isoloir.web.voter.urls"))]
