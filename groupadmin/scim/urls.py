from django.urls import path

from .views import scim

app_name = "scim"

urlpatterns = [
    path("v2", scim, name="root"),
    path("v2/", scim, name="slash"),
    path("v2/<path:path>", scim, name="resource"),
]
