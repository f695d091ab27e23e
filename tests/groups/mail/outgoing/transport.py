"""A way out for the tests of delivery, and what comes of a mail."""

from dataclasses import dataclass, field

from groups.mail.outgoing.client import Outcome, Parcel, Reply
from groups.models import Mail

MOMO, TAE = "momo@hanbit.example", "tae@hanbit.example"


@dataclass
class FakeWay:
    """A way out that answers as a test says, by recipient, or fails."""

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

    def close(self) -> None: ...


def state(mail: Mail) -> tuple[str, bool]:
    mail.refresh_from_db()
    return mail.result, mail.finished_at is not None
