"""Service › Integrations › SCIM: what to enter at an identity provider (rule 11.2)."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import AccessToken, Scope
from accounts.request import MemberRequest
from accounts.views.lookups import page, require_administrator


@require_safe
def scim_page(request: MemberRequest) -> HttpResponse:
    """The addresses, where providers ask for them, and the tokens for SCIM."""
    _actor, company = require_administrator(request, "token.see")
    tokens = AccessToken.objects.usable().shown().filter(company=company, member=None)
    context = {
        "address": settings.SITE_URL + reverse("scim:root"),
        "token_address": settings.SITE_URL + reverse("accounts:oauth_token"),
        # At most a hundred (rule 11.4); SQLite cannot search in JSON.
        "tokens": [token for token in tokens if token.has({Scope.SCIM})],
    }
    return page(request, "scim/page.html", context)
