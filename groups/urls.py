"""Groups, and the page of a member's groups."""

from django.urls import URLPattern

app_name = "groups"

urlpatterns: list[URLPattern] = []
