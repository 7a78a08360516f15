"""URLs of the console audience."""

from django.urls import include, path

urlpatterns = [path("", include("isoloir.web.console.urls"))]
