"""What there is, for clients to find out (RFC 7643, 5 to 7; RFC 7644, 4)."""

from functools import cache
from typing import Any

from django.conf import settings
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    Patch,
    ResourceType,
    ServiceProviderConfig,
    Sort,
)

from .bodies import Document
from .calls import Answer
from .clients import Client
from .errors import not_found
from .lists import of_all
from .schemas import (
    EnterpriseUser,
    FullGroup,
    FullTeam,
    FullUser,
    Group,
    GroupExtension,
    Team,
    User,
    UserExtension,
)

MODELS: tuple[Any, ...] = (User, EnterpriseUser, UserExtension, Group, GroupExtension, Team)


def config(client: Client) -> Answer:
    """What this server can do."""
    found = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(
            supported=True,
            max_operations=settings.SCIM_BULK_OPERATIONS,
            max_payload_size=settings.SCIM_MAX_BYTES,
        ),
        filter=Filter(supported=True, max_results=1000),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token of the company, sent as “Authorization: Bearer”.",
                primary=True,
            )
        ],
    )
    document = _dump(found, client, "ServiceProviderConfig", "ServiceProviderConfig")
    return Answer(200, document)


def schemas(client: Client) -> Answer:
    return of_all([_schema(client, model) for model in MODELS])


def schema(client: Client, urn: str) -> Answer:
    """One of them, by its URN."""
    for model in MODELS:
        if str(model.__schema__).lower() == urn.lower():
            return Answer(200, _schema(client, model))
    raise not_found()


def resource_types(client: Client) -> Answer:
    return of_all([_type(client, found) for found in _types()])


def resource_type(client: Client, name: str) -> Answer:
    """One of them, by its name."""
    for found in _types():
        if str(found.id).lower() == name.lower():
            return Answer(200, _type(client, found))
    raise not_found()


def _schema(client: Client, model: Any) -> Document:
    return _dump(_schema_of(model), client, "Schema", f"Schemas/{model.__schema__}")


@cache
def _schema_of(model: Any) -> Any:
    return model.to_schema()


def _type(client: Client, found: ResourceType) -> Document:
    return _dump(found, client, "ResourceType", f"ResourceTypes/{found.id}")


@cache
def _types() -> tuple[ResourceType, ...]:
    found = (ResourceType.from_resource(model) for model in (FullUser, FullGroup, FullTeam))
    return tuple(found)


def _dump(found: Any, client: Client, kind: str, path: str) -> Document:
    document: Document = found.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    document["meta"] = {"resourceType": kind, "location": f"{client.base}/{path}"}
    return document
