"""URLs of the bureau."""

from django.urls import include, path

app_name = "bureau"
urlpatterns = [path("", include("isoloir.web.bureau.signin_urls"))]
