"""Every audience under one root; production may serve each urls_* module on its own host."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("config.urls_voter")),
    path("", include("config.urls_public")),
    path("bureau/", include("config.urls_bureau")),
    path("console/", include("config.urls_console")),
    path("design/", include("isoloir.web.design.urls")),
]
if "isoloir.demo" in settings.INSTALLED_APPS:
    urlpatterns.append(path("demo/", include("isoloir.demo.urls")))

handler400 = "isoloir.web.views.bad_request"
handler403 = "isoloir.web.views.forbidden"
handler404 = "isoloir.web.views.not_found"
handler500 = "isoloir.web.views.server_error"
