"""Which attributes a client wants to read: `attributes` and `excludedAttributes` (RFC 7644, 3.9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, ResponseParameters

from .bodies import Document
from .errors import invalid

NAMES = {"attributes": "attributes", "excludedattributes": "excluded_attributes"}
MOST_NAMED = 200
"""Reading a name takes a millisecond."""


def _count(value: Any) -> int:
    return value.count(",") + 1 if isinstance(value, str) else len(value) if isinstance(value, list) else 1


@dataclass(frozen=True)
class Fields:
    """The attributes of a kind of resource that are wanted."""

    parameters: ResponseParameters[Any]

    @classmethod
    def read(cls, query: Mapping[str, Any], model: Any) -> "Fields":
        """Raises Failure."""
        given = {NAMES[name.lower()]: value for name, value in query.items() if name.lower() in NAMES}
        wanted = {name: value for name, value in given.items() if value}
        if any(_count(value) > MOST_NAMED for value in wanted.values()):
            raise invalid(f"Name at most {MOST_NAMED} attributes.")
        try:
            return cls(ResponseParameters[model].model_validate(wanted))
        except ValidationError:
            raise invalid("Give either attributes or excludedAttributes, as names of attributes.") from None

    @property
    def are_named(self) -> bool:
        return bool(self.parameters.attributes)

    def subs_of(self, name: str, subs: tuple[str, ...], *, by_default: bool = True) -> frozenset[str]:
        """Which sub-attributes of a multi-valued attribute are wanted; none if it is not wanted at all.

        By default, all but `display`, which costs a look at everybody.
        """
        default = frozenset(subs) - {"display"}
        named = self._subs(self.parameters.attributes, name)
        if self.parameters.attributes:
            if not named:
                return frozenset()
            return frozenset(subs) if "" in named else named & frozenset(subs) | {"value"}
        excluded = self._subs(self.parameters.excluded_attributes, name)
        return frozenset() if "" in excluded or not by_default else default - (excluded - {"value"})

    @staticmethod
    def _subs(paths: Any, name: str) -> frozenset[str]:
        """The sub-attributes that are named; an empty one stands for the whole attribute."""
        found = set()
        for path in paths or ():
            binding = path.resolve()
            if binding is not None and binding.field_name == name:
                sub = binding.sub_field_name or ""
                found.add("$ref" if sub == "ref" else sub)
        return frozenset(found)

    def dump(self, resource: Any) -> Document:
        """The resource with what is wanted of it."""
        document: Document = resource.model_dump(
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=self.parameters
        )
        return document
