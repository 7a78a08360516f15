"""URLs of the sign-in, included by those of the bureau."""

from django.urls import path

from . import signin

urlpatterns = [
    path("connexion/", signin.sign_in, name="login"),
    path("connexion/code/", signin.enter_code, name="totp"),
    path("deconnexion/", signin.sign_out, name="sign_out"),
]
