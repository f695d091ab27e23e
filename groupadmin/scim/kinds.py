"""What people, groups and teams have in common as resources: reading, listing, writing."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import CharField, F, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext as _
from scim2_models import Context, PatchOp

from accounts.actions.origin import take_id
from accounts.actor import NotVisible
from accounts.models import AuditEntry, Sourced

from .bodies import Document
from .clients import Client
from .columns import Text, common
from .dialects import fitted
from .errors import invalid, not_found
from .fields import Fields
from .filters import Columns
from .refs import Kind, pk_of
from .schemas import POLICY

Thing = TypeVar("Thing", bound=Model)


class Resources(ABC):
    """A kind of resource. `change` of the client surrounds all that writes."""

    kind: ClassVar[Kind]
    model: ClassVar[Any]
    rows_of: ClassVar[type[Model]]
    most_at_once: ClassVar[int] = 1000
    """On a page of the list."""

    @abstractmethod
    def rows(self, client: Client) -> QuerySet[Any]:
        """Those that the client may know of."""

    def read(self, client: Client) -> QuerySet[Any]:
        """The rows with when they were last changed: as the audit says of their version."""
        same = AuditEntry.objects.filter(target_id=OuterRef("pk"), target_version=OuterRef("version"))
        same = same.filter(target_kind=self.rows_of._meta.model_name, result=AuditEntry.Result.DONE)
        last = Coalesce(Subquery(same.order_by("-at").values("at")[:1]), F("created_at"))
        found: QuerySet[Any] = self.rows(client).annotate(changed_at=last)
        return found

    def again(self, client: Client, thing: Thing) -> Thing:
        """What was just changed, as it is now."""
        found: Thing = self.read(client).get(pk=thing.pk)
        return found

    @abstractmethod
    def columns(self, client: Client) -> Columns:
        """What they can be filtered and sorted by."""

    @abstractmethod
    def documents(self, client: Client, things: Sequence[Any], fields: Fields) -> list[Document]:
        """As the client reads them, with what is wanted of them."""

    @abstractmethod
    def create(self, client: Client, document: Document) -> Any: ...

    @abstractmethod
    def replace(self, client: Client, thing: Any, document: Document) -> Any: ...

    @abstractmethod
    def patch(self, client: Client, thing: Any, operations: list[Document]) -> Any: ...

    @abstractmethod
    def delete(self, client: Client, thing: Any) -> None: ...

    def shown_after_change(self, thing: Any, fields: Fields) -> bool:
        """Whether a change is answered with the resource: not if that would take long."""
        return True

    def fitting(self, things: Sequence[Any], fields: Fields) -> Sequence[Any]:
        """As many of them as a page holds."""
        return things

    def listed(self, client: Client) -> QuerySet[Any]:
        """The rows with what filters need."""
        text = Concat(Value(f"{self.kind}-"), Cast("pk", CharField()), output_field=CharField())
        found: QuerySet[Any] = self.read(client).alias(scim_id=text)
        return found

    def get(self, client: Client, ref: str) -> Any:
        """Raises Failure for what is not there, and NotVisible for what another company has."""
        pk = pk_of(ref, self.kind)
        if pk is None:
            raise not_found()
        thing = self.read(client).filter(pk=pk).first()
        if thing is not None:
            return thing
        elsewhere = self.rows_of._default_manager.filter(pk=pk).exclude(company=client.company.pk).first()
        if elsewhere is not None:
            raise NotVisible(f"{self.rows_of._meta.model_name}.see", elsewhere)
        raise not_found()

    def document(self, client: Client, thing: Any, fields: Fields) -> Document:
        return self.documents(client, [thing], fields)[0]

    def parsed(self, document: Document) -> Any:
        """What was sent, as the resource. Raises Failure.

        What is read-only is left alone by whoever writes it (RFC 7644, 3.3).
        """
        parsed = self.model.model_validate(fitted(document, self.model), scim_policy=POLICY)
        if not (parsed.display_name or "").strip():
            raise invalid(_("Send a displayName."))
        return parsed

    def patched(self, before: Any, operations: list[Document]) -> Any:
        """The resource after the operations."""
        after = before.model_copy(deep=True)
        if operations:
            message = {"schemas": [str(PatchOp.__schema__)], "Operations": operations}
            patched_as: Any = PatchOp
            patch = patched_as[self.model].model_validate(
                message, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
            )
            patch.patch(after, scim_policy=POLICY)
        return after

    def common_columns(self, client: Client) -> dict[str, Any]:
        own = Q(source=client.source)
        return {
            **common(self.rows_of, self.kind),
            "externalid": Text("external_id", exact=True, when=own),
        }

    def basics(self, client: Client, thing: Any) -> dict[str, Any]:
        """What every resource begins with."""
        return {
            "id": self.ref(thing),
            "external_id": external_id(client, thing),
            "meta": {
                "resource_type": self.kind.label,
                "created": thing.created_at,
                "last_modified": thing.changed_at,
                "location": f"{client.base}/{self.kind.endpoint}/{self.ref(thing)}",
                "version": f'W/"{thing.version}"',
            },
        }

    def ref(self, thing: Any) -> str:
        return f"{self.kind}-{thing.pk}"


def external_id(client: Client, thing: Sourced) -> str | None:
    """The id by which the client's system knows it; other systems' ids are not its business (rule 10.4)."""
    return thing.external_id or None if thing.source == client.source else None


def keep_id(client: Client, thing: Any, wanted: str | None) -> Any:
    """Notes the id by which the client's system knows the thing, if it is another one."""
    if (external_id(client, thing) or "") != (wanted or ""):
        return take_id(thing, wanted or "", actor=client.actor)
    return thing


def person_value(client: Client, pk: int) -> dict[str, str]:
    """A reference to a user, as complex attributes hold it."""
    ref = f"{Kind.USER}-{pk}"
    return {"value": ref, "ref": f"{client.base}/Users/{ref}"}


def pks_of(values: Iterable[Any] | None, kind: Kind) -> frozenset[int]:
    """The numbers that a list of references names. What is no id of ours cannot be meant, and is left out."""
    found = (pk_of(getattr(value, "value", None), kind) for value in values or ())
    return frozenset(pk for pk in found if pk is not None)


def word(sent: str | None, meant: str) -> bool:
    """Whether an attribute holds the only word that it knows."""
    return (sent or "").strip().lower() == meant
