"""URLs of the public audience."""

from django.urls import include, path

urlpatterns = [path("", include("isoloir.web.public.urls"))]
