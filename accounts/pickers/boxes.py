"""Checkboxes, where there are few people to choose from and no addresses to enter."""

from typing import Any

from .describing import choices_of, describe
from .fields import CHIPS_SHOWN, PickerWidget
from .tokens import parse

BOXES_SHOWN = 500


class BoxesWidget(PickerWidget):
    """For people whose addresses the actor does not know: checkboxes without picker.js."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """All values sent under the name: checked boxes, and what the combobox has written."""
        return "\n".join(data.getlist(name)) if hasattr(data, "getlist") else data.get(name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        scope = self.given_scope()
        typed = parse(str(value or ""))
        people = scope.members().select_related("company").order_by("name_sort__collated", "pk")
        boxes = choices_of(scope, list(people[:BOXES_SHOWN]))
        offered = {choice.token for choice in boxes}
        # Choices that are no longer available get a box too, so that they can be unchecked.
        others = [token for token in typed.tokens if token not in offered]
        context["picker"] |= {
            "boxes": [*boxes, *describe(scope, others[:CHIPS_SHOWN])],
            "ticked": typed.tokens,
        }
        context["widget"]["value"] = "\n".join(typed.rest)
        return context
