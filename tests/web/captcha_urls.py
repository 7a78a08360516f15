"""The portal's URLs, with a page that has a CAPTCHA and nothing else to it."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path

from isoloir.common.clock import current_time
from isoloir.web.access import audience
from isoloir.web.captcha.forms import CaptchaForm


class TrialForm(CaptchaForm):
    """One field beside the CAPTCHA, and a password."""

    name = forms.CharField(label="Nom", error_messages={"required": "Indiquez votre nom."})
    password = forms.CharField(label="Mot de passe", widget=forms.PasswordInput)

    def clean(self):
        if self.cleaned_data.get("name") == "Personne":
            raise forms.ValidationError("Ce nom n’est celui de personne.")
        return self.cleaned_data


@audience("public")
def trial(request):
    form = TrialForm(request.POST if request.method == "POST" else None, place="identification", at=current_time())
    if form.is_bound and form.is_valid():
        # An icon of its own: browsers ask for one at an address that does not exist.
        return HttpResponse(f'<!doctype html><link rel="icon" href="data:,">Reçu de {form.cleaned_data["name"]}')
    return render(request, "voter/identification.html", {"form": form})


urlpatterns = [
    path("", include("config.urls")),
    path("essai/", trial),
]
handler400 = "isoloir.web.views.bad_request"
handler403 = "isoloir.web.views.forbidden"
handler404 = "isoloir.web.views.not_found"
handler500 = "isoloir.web.views.server_error"
