"""What was chosen, as ids by kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chosen:
    """Ids of the chosen people and teams, and of groups where a picker offers them."""

    members: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.members or self.teams or self.groups)

    def __sub__(self, other: "Chosen") -> "Chosen":
        return Chosen(self.members - other.members, self.teams - other.teams, self.groups - other.groups)

    def __or__(self, other: "Chosen") -> "Chosen":
        return Chosen(self.members | other.members, self.teams | other.teams, self.groups | other.groups)

    def __len__(self) -> int:
        return len(self.members) + len(self.teams) + len(self.groups)
