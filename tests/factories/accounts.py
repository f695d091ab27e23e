# mypy: disable-error-code="no-untyped-call,untyped-decorator"
"""Companies, their domains and addresses, people, teams and contacts."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.declarations import (
    LazyAttribute,
    LazyAttributeSequence,
    LazyFunction,
    Sequence,
    SubFactory,
    Trait,
)
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from accounts.models import (
    AccessToken,
    Address,
    Company,
    Contact,
    Domain,
    IdentityProvider,
    Member,
    Team,
    TeamMembership,
    Webhook,
    WebhookDelivery,
)
from accounts.models import identity_provider as identity_providers
from accounts.models import webhook as webhooks
from accounts.tokens import hash_of, hint_of
from accounts.webhooks.signing import make_secret
from groupadmin.base.sealed import seal

PASSWORD = "correct horse battery staple"
_HASHED: list[str] = []


def hashed_password() -> str:
    """The password that everybody in the tests has, hashed once."""
    if not _HASHED:
        _HASHED.append(make_password(PASSWORD))
    return _HASHED[0]


class CompanyFactory(DjangoModelFactory[Company]):
    """A paying company with Core. `domain="…"` names its primary domain."""

    class Meta:
        model = Company
        skip_postgeneration_save = True

    name = Sequence("Company {}".format)
    plan = Company.Plan.PAID
    has_core = True
    connecting = Company.Connecting.EVERYBODY

    @post_generation
    def domain(company: Company, create: bool, name: str | None, **kwargs: Any) -> None:  # noqa: N805
        if create:
            Domain.objects.create(
                company=company,
                name=name or f"company{company.pk}.example",
                is_primary=True,
                state=Domain.State.PROVEN,
            )


class DomainFactory(DjangoModelFactory[Domain]):
    """A further domain of a company, proven."""

    class Meta:
        model = Domain

    company = SubFactory(CompanyFactory)
    name = Sequence("domain{}.example".format)
    state = Domain.State.PROVEN


class AddressFactory(DjangoModelFactory[Address]):
    """An address at the primary domain of `company`; for a person's alias give `kind` and `member`."""

    class Meta:
        model = Address
        exclude = ["company"]

    company = SubFactory(CompanyFactory)
    local_part = Sequence("address{}".format)
    domain = LazyAttribute(lambda made: made.company.primary_domain)
    kind = Address.Kind.GROUP


class MemberFactory(DjangoModelFactory[Member]):
    """An active person with the password PASSWORD and the Address row of their email."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    class Params:
        administrator = Trait(is_administrator=True)
        superuser = Trait(is_superuser=True, company=None)

    company = SubFactory(CompanyFactory)
    name = Sequence("Member {}".format)
    email = LazyAttributeSequence(
        lambda made, n: f"member{n}@{made.company.primary_domain.name if made.company else 'root.example'}"
    )
    password = LazyFunction(hashed_password)

    @post_generation
    def address(member: Member, create: bool, extracted: object, **kwargs: Any) -> None:  # noqa: N805
        if not create:
            return
        if member.company is None:
            member.hold_address()
            return
        local_part, _at, domain = member.email.partition("@")
        Address.objects.create(
            local_part=local_part,
            domain=Domain.objects.get(company=member.company, name=domain),
            kind=Address.Kind.MEMBER,
            member=member,
        )


class TeamFactory(DjangoModelFactory[Team]):
    """A team. `people=[…]` are its members."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    company = SubFactory(CompanyFactory)
    name = Sequence("Team {}".format)

    @post_generation
    def people(team: Team, create: bool, people: list[Member] | None, **kwargs: Any) -> None:  # noqa: N805
        TeamMembership.objects.bulk_create(
            TeamMembership(team=team, member=person) for person in people or ()
        )


class ContactFactory(DjangoModelFactory[Contact]):
    """`owner` and `person` know each other; the row for the other direction is there too."""

    class Meta:
        model = Contact
        skip_postgeneration_save = True

    owner = SubFactory(MemberFactory)
    person = SubFactory(MemberFactory)

    @post_generation
    def other_direction(contact: Contact, create: bool, extracted: object, **kwargs: Any) -> None:  # noqa: N805
        if create:
            Contact.objects.get_or_create(owner=contact.person, person=contact.owner)


class IdentityProviderFactory(DjangoModelFactory[IdentityProvider]):
    """A provider that speaks for its company's proven domains, or for those in `domains`."""

    class Meta:
        model = IdentityProvider
        skip_postgeneration_save = True

    company = SubFactory(CompanyFactory)
    name = Sequence("Provider {}".format)
    # Nobody may be asked there, so that nobody is looked up either.
    issuer = Sequence("https://127.0.0.1/provider-{}".format)
    discovery_url = LazyAttribute(lambda made: f"{made.issuer}/.well-known/openid-configuration")
    client_id = "groupadmin"
    sealed_secret = LazyFunction(lambda: seal(identity_providers.PURPOSE, "s3cret"))
    use = IdentityProvider.Use.OFFERED

    @post_generation
    def domains(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        proven = Domain.objects.filter(company=self.company, state=Domain.State.PROVEN)
        self.domains.set(proven if extracted is None else extracted)


class AccessTokenFactory(DjangoModelFactory[AccessToken]):
    """A company's token for a day. `token="…"` is what is presented; `member=…` makes it that person's."""

    class Meta:
        model = AccessToken
        exclude = ("token",)

    token = Sequence("gadm_token-{}".format)
    company = SubFactory(CompanyFactory)
    name = Sequence("Token {}".format)
    token_hash = LazyAttribute(lambda made: hash_of(made.token))
    hint = LazyAttribute(lambda made: hint_of(made.token))
    scopes = LazyFunction(list)
    expires_at = LazyFunction(lambda: timezone.now() + timedelta(days=1))


class WebhookFactory(DjangoModelFactory[Webhook]):
    """A company's webhook, told of everything. `secret="whsec_…"` signs what it is told."""

    class Meta:
        model = Webhook
        exclude = ("secret",)

    secret = LazyFunction(make_secret)
    company = SubFactory(CompanyFactory)
    url = Sequence("https://hook-{}.example/in".format)
    sealed_secret = LazyAttribute(lambda made: seal(webhooks.PURPOSE, made.secret))


class WebhookDeliveryFactory(DjangoModelFactory[WebhookDelivery]):
    """An event that waits for a webhook."""

    class Meta:
        model = WebhookDelivery

    webhook = SubFactory(WebhookFactory)
    event_type = "group.updated"
    thing = Sequence("group-{}".format)
    body = '{"type": "group.updated", "timestamp": "2026-11-30T10:00:00Z", "data": {}}'
    created_at = LazyFunction(lambda: timezone.now())
    due_at = LazyFunction(lambda: timezone.now())
