"""URLs of the bureau audience."""

from django.urls import include, path

urlpatterns = [path("", include("isoloir.web.bureau.urls"))]
