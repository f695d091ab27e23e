from django.contrib import admin
from django.urls import include, path, re_path

from accounts.urls import second_factors, sign_in
from groupadmin.api import pages
from groupadmin.api.urls import nowhere
from groupadmin.base.icons import icons
from groupadmin.scim.page import scim_page

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("icons.<slug:version>.svg", icons, name="icons"),
    path("sign-in/", include(sign_in)),
    path("profile/factors/", include(second_factors)),
    path("", include("groups.urls")),
    path("rooms/", include("groups.room.urls")),
    path("", include("accounts.urls")),
    path("scim/", include("groupadmin.scim.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("groupadmin.api.urls")),
    # Else those without a slash would be sent on to those with one.
    path("api", nowhere, name="api_root"),
    re_path("^api/", nowhere, name="api_nowhere"),
    path("integrations/scim/", scim_page, name="scim_page"),
    path("integrations/api/", pages.api_page, name="api_page"),
    path("integrations/api/<slug:name>/", pages.api_operation, name="api_operation"),
]

handler400 = views.bad_request
handler403 = views.not_allowed
handler404 = views.not_found
handler500 = views.server_error
