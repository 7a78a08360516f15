"""The one address of the design page."""

from django.urls import path

from isoloir.web.design import views

app_name = "design"
urlpatterns = [path("", views.components, name="components")]
