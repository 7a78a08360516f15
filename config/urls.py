"""Every audience under one root; production may serve each urls_* module on its own host."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("config.urls_voter")),
    path("", include("config.urls_public")),
    path("bureau/", include("config.urls_bureau")),
    path("guichet/", include("config.urls_desk")),
    path("console/", include("config.urls_console")),
]
if "isoloir.demo" in settings.INSTALLED_APPS:
    # The demonstration, and the components for their designers: neither is a page of a real election's portal.
    urlpatterns += [
        path("demo/", include("isoloir.demo.urls")),
        path("design/", include("isoloir.web.design.urls")),
    ]

handler400 = "isoloir.web.views.bad_request"
handler403 = "isoloir.web.views.forbidden"
handler404 = "isoloir.web.views.not_found"
handler500 = "isoloir.web.views.server_error"
