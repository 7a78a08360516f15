"""URLs of the CAPTCHA: its image, its sound, and another one."""

from django.urls import path

from . import views

app_name = "captcha"
urlpatterns = [
    path("image/<str:token>.png", views.image, name="image"),
    path("son/<str:token>.wav", views.sound, name="sound"),
    path("nouveau/", views.another, name="another"),
]
