"""Sign-in, members, teams and the company's settings."""

from allauth.account import views as allauth
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path

from .pickers.views import company_scope_of, urls_for
from .views import (
    audit,
    bulk,
    connections,
    contacts,
    domains,
    downloads,
    factors,
    jobs,
    members,
    photos,
    profile,
    sessions,
    settings,
    team_people,
    teams,
)

app_name = "accounts"

# The parts of allauth that we need: no sign-up, and nobody changes their own addresses.
sign_in = [
    path("", allauth.login, name="account_login"),
    path("out/", allauth.logout, name="account_logout"),
    path("password/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    # The key contains a dash, the id does not.
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
    path("again/", factors.confirm, name="account_reauthenticate"),
    path("factor/", factors.second_step, name="mfa_authenticate"),
    path("factor/cancel/", factors.cancel_sign_in, name="cancel_sign_in"),
    path("passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("session/", sessions.session_mark, name="session_mark"),
    path("off/", allauth.account_inactive, name="account_inactive"),
]

# One's own second factors, by allauth's names.
second_factors = [
    path("", factors.Overview.as_view(), name="mfa_index"),
    path("app/add/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("passkeys/add/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("passkeys/<id:pk>/rename/", factors.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("passkeys/<id:pk>/remove/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", factors.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("codes/download/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]

urlpatterns = [
    *urls_for(company_scope_of),
    path("members/", members.member_list, name="member_list"),
    path("members/download/", downloads.member_table, name="member_table"),
    path("members/add/", members.member_add, name="member_add"),
    path("members/<id:pk>/edit/", members.member_edit, name="member_edit"),
    path("members/<id:pk>/deactivate/", members.member_deactivate, name="member_deactivate"),
    path("members/<id:pk>/delete/", members.member_delete, name="member_delete"),
    path("members/<id:pk>/activate/", members.member_activate, name="member_activate"),
    path("members/<id:pk>/sign-out/", sessions.member_sign_out, name="member_sign_out"),
    path("members/<id:pk>/sign-in-mail/", members.member_send_sign_in_mail, name="member_send_sign_in_mail"),
    path("members/<id:pk>/reset-factors/", members.member_reset_factors, name="member_reset_factors"),
    path("teams/", teams.team_list, name="team_list"),
    path("teams/download/", downloads.team_table, name="team_table"),
    path("teams/add/", teams.team_add, name="team_add"),
    path("teams/<id:pk>/", team_people.team_people, name="team_people"),
    path("teams/<id:pk>/download/", downloads.team_people_table, name="team_people_table"),
    path("teams/<id:pk>/below/", teams.team_below, name="team_below"),
    path("teams/<id:pk>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<id:pk>/move/", teams.team_move, name="team_move"),
    path("teams/<id:pk>/delete/", teams.team_delete, name="team_delete"),
    path("teams/<id:pk>/people/add/", team_people.team_people_add, name="team_people_add"),
    path(
        "teams/<id:pk>/people/<id:member_pk>/remove/",
        team_people.team_people_remove,
        name="team_people_remove",
    ),
    path("settings/", settings.settings, name="settings"),
    path("settings/domains/add/", settings.domain_add, name="domain_add"),
    path("settings/domains/<id:pk>/", domains.domain, name="domain"),
    path("settings/domains/<id:pk>/check/", domains.domain_check, name="domain_check"),
    path("settings/domains/<id:pk>/remove/", settings.domain_remove, name="domain_remove"),
    path("settings/domains/<id:pk>/primary/", settings.domain_make_primary, name="domain_make_primary"),
    path("connection/", connections.connection, name="connection"),
    path("connection/members/add/", connections.connection_add, name="connection_add"),
    path("connection/members/remove/", connections.connection_remove, name="connection_remove"),
    path("connection/companies/", connections.connection_companies, name="connection_companies"),
    path("connection/companies/add/", connections.connection_company_add, name="connection_company_add"),
    path(
        "connection/companies/<id:pk>/remove/",
        connections.connection_company_remove,
        name="connection_company_remove",
    ),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/add/", contacts.contact_add, name="contact_add"),
    path("contacts/<id:pk>/accept/", contacts.contact_accept, name="contact_accept"),
    path("contacts/<id:pk>/block/", contacts.contact_block, name="contact_block"),
    path("contacts/<id:pk>/unblock/", contacts.contact_unblock, name="contact_unblock"),
    path("contacts/<id:pk>/remove/", contacts.contact_remove, name="contact_remove"),
    path("contacts/asked/<id:pk>/take-back/", contacts.contact_take_back, name="contact_take_back"),
    path("members/<id:pk>/photo/", photos.member_photo, name="member_photo"),
    path("audit/", audit.audit, name="audit"),
    path("audit/csv/", audit.audit_csv, name="audit_csv"),
    path("audit/<id:pk>/", audit.audit_entry, name="audit_entry"),
    path("jobs/<id:pk>/", jobs.job, name="job"),
    path("many/of/<str:things>/", bulk.choose, name="bulk_choose"),
    path("many/<id:pk>/", bulk.result, name="bulk"),
    path("many/<id:pk>/csv/", bulk.result_csv, name="bulk_csv"),
    path("many/<id:pk>/undo/", bulk.undo, name="bulk_undo"),
    path("many/<id:pk>/stop/", bulk.stop, name="bulk_stop"),
    path("many/<id:pk>/go-on/", bulk.carry_on, name="bulk_carry_on"),
    path("profile/", profile.profile, name="profile"),
    path("profile/photo/", profile.photo, name="profile_photo"),
    path("profile/photo/remove/", profile.photo_remove, name="profile_photo_remove"),
    path("profile/sessions/", sessions.sessions, name="sessions"),
    path("profile/sessions/<id:pk>/end/", sessions.session_end, name="session_end"),
    path("profile/sessions/end-others/", sessions.sessions_end_others, name="sessions_end_others"),
]
