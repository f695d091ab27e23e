"""A transport for the tests of delivery, and what comes of a mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groups.mail.outgoing.parcels import Outcome, Parcel, Reply
from groups.models import Mail

MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"


@dataclass
class FakeTransport:
    """A transport that answers as a test says, by recipient, or fails."""

    says: dict[str, Reply] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)

    def hand_over(self, parcel: Parcel) -> Outcome:
        if self.failures:
            raise self.failures.pop(0)
        self.parcels.append(parcel)
        refused = {who: self.says[who] for who in parcel.recipients if who in self.says}
        accepted = [who for who in parcel.recipients if who not in refused]
        self.reached += accepted
        return Outcome(accepted, refused)

    def hand_over_each(self, letters: Sequence[Parcel]) -> Outcome:
        outcome = Outcome()
        for letter in letters:
            outcome.add(self.hand_over(letter))
        return outcome

    def close(self) -> None: ...


def state(mail: Mail) -> tuple[str, bool]:
    mail.refresh_from_db()
    return mail.result, mail.finished_at is not None
