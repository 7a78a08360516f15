"""URLs of the demonstration, on loopback only."""

from django.urls import path

from . import views

app_name = "demo"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("identites/", views.identities, name="identities"),
    path("courrier/", views.mailbox, name="mailbox"),
    path("horloge/", views.clock, name="clock"),
    path("membres/", views.play_members, name="play_members"),
    path("cles/<int:owner>.json", views.key_file, name="key_file"),
    path("notices/<str:name>", views.notices, name="notices"),
]
