"""URLs of the demonstration, on loopback only."""

from django.urls import path

from . import employer_views, franceconnect_views, views

app_name = "demo"
# The paths of FranceConnect itself.
_FRANCECONNECT = "franceconnect/api/v2/"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("identites/", views.identities, name="identities"),
    path("courrier/", views.mailbox, name="mailbox"),
    path("horloge/", views.clock, name="clock"),
    path("membres/", views.play_members, name="play_members"),
    path("cles/<int:owner>.json", views.key_file, name="key_file"),
    path("notices/<str:name>", views.notices, name="notices"),
    path("employeur/", employer_views.home, name="employer"),
    path("employeur/.well-known/openid-configuration", employer_views.description, name="employer_description"),
    path("employeur/autoriser/", employer_views.authorize, name="employer_authorize"),
    path("employeur/jeton/", employer_views.token, name="employer_token"),
    path("employeur/identite/", employer_views.userinfo, name="employer_userinfo"),
    path("employeur/cles.json", employer_views.keys, name="employer_keys"),
    path(
        f"{_FRANCECONNECT}.well-known/openid-configuration",
        franceconnect_views.description,
        name="franceconnect_description",
    ),
    path(f"{_FRANCECONNECT}authorize", franceconnect_views.authorize, name="franceconnect_authorize"),
    path(f"{_FRANCECONNECT}token", franceconnect_views.token, name="franceconnect_token"),
    path(f"{_FRANCECONNECT}userinfo", franceconnect_views.userinfo, name="franceconnect_userinfo"),
    path(f"{_FRANCECONNECT}jwks", franceconnect_views.keys, name="franceconnect_keys"),
    path(f"{_FRANCECONNECT}session/end", franceconnect_views.end_session, name="franceconnect_logout"),
]
