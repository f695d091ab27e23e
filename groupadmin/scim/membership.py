"""Who is to be in a group or team after a request, without looking at everybody who is (rules 10.4, 11.2).

add members                    {"op": "add", "path": "members", "value": [{"value": "u-1"}]}
remove some, by a filter       {"op": "remove", "path": "members[value eq \\"u-1\\"]"}
remove some, as Entra does     {"op": "Remove", "path": "members", "value": [{"value": "u-1"}]}
remove all, or exactly these   {"op": "remove", "path": "members"}, {"op": "replace", "path": "members", …}
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from scim2_models import Path
from scim2_models.exceptions import SCIMException
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator

from .bodies import Document
from .dialects import value_of
from .errors import Failure, invalid
from .refs import Ref

Refs = frozenset[Ref]
Present = Callable[[], Refs]
"""Asks who is in it now; only if it has to be known."""


@dataclass(frozen=True)
class Change:
    """Some are added and others removed; or exactly these are left."""

    added: Refs = frozenset()
    removed: Refs = frozenset()
    exactly: Refs | None = None

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.exactly is not None)

    def adding(self, refs: Refs) -> "Change":
        if self.exactly is not None:
            return replace(self, exactly=self.exactly | refs)
        return Change(self.added | refs, self.removed - refs)

    def removing(self, refs: Refs) -> "Change":
        if self.exactly is not None:
            return replace(self, exactly=self.exactly - refs)
        return Change(self.added - refs, self.removed | refs)


def change_of(operations: list[Document], model: Any, present: Present) -> tuple[Change, list[Document]]:
    """What the operations do to the members, and the operations on all else. Raises Failure."""
    change, others = Change(), []
    for operation in operations:
        path = _members_path(operation.get("path"), model)
        if path is None:
            others.append(operation)
        else:
            change = _after(change, operation, path, model, present)
    return change, others


def _members_path(text: Any, model: Any) -> Any:
    """The path, if it leads to the members."""
    try:
        path = Path[model](text) if isinstance(text, str) and "members" in text.lower() else None
        binding = path.resolve() if path is not None else None
    except SCIMException:
        return None
    return path if binding is not None and binding.field_name == "members" else None


def _after(change: Change, operation: Document, path: Any, model: Any, present: Present) -> Change:
    op, value = operation.get("op"), operation.get("value")
    if path.resolve().sub_field_name is not None:
        raise _not_so("invalidPath")
    if path.value_filter is not None:
        if op == "remove" and value is None:
            return change.removing(_selected(path, model, change, present))
        raise _not_so("invalidPath")
    if op == "add":
        return change.adding(refs_in(value))
    if op == "replace":
        return Change(exactly=refs_in(value))
    if op == "remove":
        return Change(exactly=frozenset()) if value is None else change.removing(refs_in(value))
    raise invalid(_("An operation is “add”, “remove” or “replace”."), "invalidSyntax")


def _not_so(scim_type: str) -> Failure:
    return invalid(_("Members are added and removed as a whole."), scim_type)


def refs_in(value: Any) -> Refs:
    """Whom a value of `members` names. An id that is none of ours cannot be meant for us, and is left out."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    found = set()
    for one in values:
        text = value_of(one, "value") if isinstance(one, dict) else one
        if not isinstance(text, str):
            raise invalid(_("Name members by their id, as “value”."))
        if (ref := Ref.read(text.strip())) is not None:
            found.add(ref)
    return frozenset(found)


def _selected(path: Any, model: Any, change: Change, present: Present) -> Refs:
    """Whom the filter of a path selects."""
    named = _ids_in(path.value_filter)
    if named is not None:
        return refs_in(named)
    there = change.exactly if change.exactly is not None else (present() - change.removed) | change.added
    found = path.get(model(members=[{"value": str(ref), "type": ref.kind.label} for ref in there]))
    return refs_in([one.value for one in found or ()])


def _ids_in(node: Any) -> list[str] | None:
    """The ids, if the filter does no more than name some."""
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.or_:
        parts = [_ids_in(term) for term in node.terms]
        if any(part is None for part in parts):
            return None
        return [text for part in parts for text in part or ()]
    if (
        isinstance(node, Comparison)
        and node.op is CompareOperator.eq
        and str(node.attr_path).lower() == "value"
    ):
        return [node.value] if isinstance(node.value, str) else None
    return None


def values_of(base: str, refs: Iterable[tuple[Ref, str]], subs: frozenset[str]) -> list[Document]:
    """Members as clients read them: refs with their names."""
    documents = []
    for ref, name in refs:
        values = {
            "value": str(ref),
            "$ref": f"{base}/{ref.kind.endpoint}/{ref}",
            "type": ref.kind.label,
            "display": name,
        }
        documents.append({key: value for key, value in values.items() if key in subs})
    return documents
