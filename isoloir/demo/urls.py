"""URLs of the demonstration, on loopback only."""

from django.urls import path

from . import views

app_name = "demo"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("courrier/", views.mailbox, name="mailbox"),
    path("courrier/<int:pk>/", views.message, name="message"),
    path("horloge/", views.advance_clock, name="advance_clock"),
    path("membres/", views.play_members, name="play_members"),
    path("cles/<int:owner>.json", views.key_file, name="key_file"),
    path("notices/<str:name>", views.notices, name="notices"),
]
