"""A group's photo on its way from the dialog to the page, and its files (rule 2.6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actor import Door
from accounts.models import Company, Member
from accounts.tokens import actor_of as actor_of_token
from groupadmin.base.errors import Invalid
from groupadmin.base.pictures import read_picture
from groups.actions import GroupSettings, change_group, create_group, photos, purge_photo_drafts, update_group
from groups.models import Group, PhotoDraft
from tests.factories import AccessTokenFactory
from tests.helpers import ClientOf, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

Dialog = Callable[..., GroupSettings]
DraftOf = Callable[[Member], PhotoDraft]


def files(media: Path) -> set[str]:
    return {path.name for path in (media / "groups").glob("*")}


@pytest.fixture
def pictured(company: Company, administrator: Member, dialog: Dialog, draft_of: DraftOf) -> Group:
    """A group with a photo."""
    settings = dialog(photo=draft_of(administrator))
    return create_group(company, "internal", settings, actor=actor_of(administrator))


def change(group: Group, administrator: Member, **values: object) -> Group:
    group = Group.objects.get(pk=group.pk)
    settings = replace(GroupSettings.of(group), **values)  # type: ignore[arg-type]
    return update_group(group, settings, group.version, actor=actor_of(administrator))


def test_a_photo_comes_in_two_sizes(pictured: Group, media: Path) -> None:
    pictured.refresh_from_db()
    assert (pictured.photo.width, pictured.photo.height) == (512, 512)
    assert pictured.photo_small.width == 96
    assert len(files(media)) == 2


def test_another_photo_replaces_the_files(
    pictured: Group, administrator: Member, draft_of: DraftOf, media: Path
) -> None:
    before = files(media)
    changed = change(pictured, administrator, photo=draft_of(administrator))
    assert len(files(media)) == 2
    assert not files(media) & before
    assert changed.version == 2


def test_a_removed_photo_is_gone(pictured: Group, administrator: Member, media: Path) -> None:
    change(pictured, administrator, removes_photo=True)
    assert not Group.objects.get().photo
    assert not files(media)
    assert change(pictured, administrator, removes_photo=True).version == 2, "nothing left to remove"


def test_a_refused_change_keeps_the_photo(pictured: Group, administrator: Member, media: Path) -> None:
    before = files(media)
    with pytest.raises(Invalid):
        change(pictured, administrator, removes_photo=True, name="")
    assert files(media) == before


def test_the_draft_of_somebody_else_is_refused(
    pictured: Group, administrator: Member, master: Member, draft_of: DraftOf, media: Path
) -> None:
    before = files(media)
    with pytest.raises(Invalid) as invalid:
        change(pictured, administrator, photo=draft_of(master))
    assert invalid.value.field == "photo"
    assert files(media) == before


def test_drafts_are_removed_after_a_day(administrator: Member, draft_of: DraftOf, media: Path) -> None:
    old, new = draft_of(administrator), draft_of(administrator)
    PhotoDraft.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    assert purge_photo_drafts() == 1
    assert list(PhotoDraft.objects.all()) == [new]
    assert len(list((media / "drafts").iterdir())) == 2


def test_nobody_fills_the_disk_with_drafts(
    administrator: Member,
    member: Member,
    draft_of: DraftOf,
    media: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photos, "DRAFTS_AT_MOST", 2)
    others = draft_of(member)
    _first, second, third = [draft_of(administrator) for _ in range(3)]
    assert list(PhotoDraft.objects.order_by("pk")) == [others, second, third]
    assert len(list((media / "drafts").iterdir())) == 6


def test_a_draft_whose_file_is_gone_is_to_be_chosen_again(
    pictured: Group, administrator: Member, draft_of: DraftOf, client_of: ClientOf
) -> None:
    draft = draft_of(administrator)
    draft.photo.storage.delete(str(draft.photo.name))
    with pytest.raises(Invalid) as problem:
        change(pictured, administrator, photo=draft)
    assert problem.value.field == "photo"
    assert client_of(administrator).get(reverse("groups:photo_draft", args=[draft.pk])).status_code == 404


def test_a_program_sets_a_photo_without_a_dialog(group: Group, company: Company, media: Path) -> None:
    """Rules 2.6, 11.4: drafts belong to people."""
    shot = BytesIO()
    Image.new("RGB", (600, 300), "teal").save(shot, "PNG")
    pictures = read_picture(BytesIO(shot.getvalue()), len(shot.getvalue()))
    service = actor_of_token(AccessTokenFactory.create(company=company), Door.API, None)
    change_group(group, lambda now: replace(now, photo=pictures), actor=service)
    group.refresh_from_db()
    assert (group.photo.width, group.photo_small.width, group.version) == (512, 96, 2)
    assert len(files(media)) == 2
