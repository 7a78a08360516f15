"""URLs of the desks: what their agents read and decide."""

from django.urls import path

from isoloir.web.bureau import signin

from . import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("deconnexion/", signin.sign_out, name="sign_out"),
]
