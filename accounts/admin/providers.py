"""Identity providers of companies and who people are there, read-only (rule 9.6)."""

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from accounts.models import Company, Identity, IdentityProvider, Member
from groupadmin.base.admin import ReadOnlyAdmin, only_one, shown


@admin.register(IdentityProvider)
class IdentityProviderAdmin(ReadOnlyAdmin):
    """Companies' administrators set them up, on their own page."""

    list_display = ["__str__", "company", "issuer", "use"]
    list_filter = ["use", only_one("company", Company, gettext_lazy("company"))]
    list_select_related = ["company"]
    search_fields = ["name", "issuer"]
    fields = [
        *["name", "company", "discovery_url", "issuer", "client_id", "domain_names", "use"],
        *["emergency_administrator", "asks_factor", "created_at"],
    ]
    readonly_fields = ["domain_names"]

    def matches(self, term: str) -> Q:
        return Q(name__icontains=term) | Q(issuer__icontains=term)

    @admin.display(description=gettext_lazy("domains"))
    def domain_names(self, provider: IdentityProvider) -> str:
        return ", ".join(provider.domains.order_by("name").values_list("name", flat=True))


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    """Who people are there."""

    list_display = ["member", "provider", "subject", "joined_at"]
    list_filter = [
        only_one("provider", IdentityProvider, gettext_lazy("identity provider")),
        only_one("member", Member, gettext_lazy("member")),
    ]
    list_select_related = ["member", "provider"]
    search_fields = ["subject"]
    fields = ["member_shown", "provider", "subject", "joined_at"]
    readonly_fields = ["member_shown"]

    def matches(self, term: str) -> Q:
        return Q(subject=term) | Q(member__email=term)

    @admin.display(description=gettext_lazy("member"))
    def member_shown(self, identity: Identity) -> SafeString | str:
        return shown(identity.member)
