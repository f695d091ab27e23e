"""Companies and people in Django admin."""

import allauth.account.admin  # noqa: F401  (registers what is unregistered below)
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from . import company, member, records, team  # noqa: F401

# Django's permission groups could be mistaken for our groups; addresses are ours alone.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)
