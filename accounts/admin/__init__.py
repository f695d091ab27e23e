"""Companies and people in Django admin."""

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group

from . import company, member, providers, queues, records, team, webhooks  # noqa: F401

# Django's permission groups could be mistaken for our groups; addresses are ours alone; sessions are ended
# by actions; secrets are nobody's.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)
admin.site.unregister(UserSession)
admin.site.unregister(Authenticator)
# Identity providers are ours too (rule 9.6); these stay empty.
admin.site.unregister([SocialApp, SocialAccount, SocialToken])
