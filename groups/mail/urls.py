"""The pages around mail."""

from django.urls import URLPattern, path

from groups.views import contacts_import, failing, mail, mail_audit, unsubscribe

urlpatterns: list[URLPattern] = [
    path("groups/<int:pk>/mail/", mail.mail_of, name="mail_of"),
    path("groups/<int:pk>/mail/new/", mail.new_mail, name="new_mail"),
    path("groups/<int:pk>/mail/stop/", mail.unsubscribe, name="unsubscribe"),
    path("groups/<int:pk>/mail/start/", mail.resubscribe, name="resubscribe"),
    path("groups/<int:pk>/mail/contacts/", contacts_import.contacts_import, name="contacts_import"),
    path("groups/<int:pk>/mail/contacts/add/", contacts_import.contacts_add, name="contacts_add"),
    path("mail/leave/<str:token>/", unsubscribe.unsubscribe_contact, name="unsubscribe_contact"),
    path("mail/failing/", failing.failing_addresses, name="failing_addresses"),
    path("mail/failing/<int:pk>/let-in/", failing.let_in, name="let_in"),
    path("audit/mail/", mail_audit.mail_audit, name="mail_audit"),
    path("audit/mail/csv/", mail_audit.mail_csv, name="mail_csv"),
    path("audit/mail/<int:pk>/", mail_audit.mail_record, name="mail_record"),
]
