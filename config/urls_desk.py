"""URLs of the desks: claims and assistance."""

from django.urls import include, path

urlpatterns = [path("", include("isoloir.web.desk.urls"))]
