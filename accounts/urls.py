"""Sign-in, members, teams and the company's settings."""

from allauth.account import views as allauth
from django.urls import URLPattern, path, re_path

app_name = "accounts"

# The parts of allauth that fit a company's own people: no sign-up, no addresses that one changes oneself.
sign_in = [
    path("", allauth.login, name="account_login"),
    path("out/", allauth.logout, name="account_logout"),
    path("password/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    # The key has a dash in it, the person's number has none.
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("off/", allauth.account_inactive, name="account_inactive"),
]

urlpatterns: list[URLPattern] = []
