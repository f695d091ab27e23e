"""The events of webhooks that tell of groups (rule 11.5)."""

from django.utils.translation import gettext_lazy

from accounts.outbox import Events

UPDATED, PEOPLE, LIST = "group.updated", "group.people_changed", "group.list_changed"

EVENTS = Events(
    gettext_lazy("Groups"),
    labels={
        "group.created": gettext_lazy("A group was added"),
        UPDATED: gettext_lazy("A group’s settings were edited"),
        PEOPLE: gettext_lazy("Members or masters of a group changed"),
        LIST: gettext_lazy("A mailing list’s rules, contacts or subscriptions changed"),
        "group.deleted": gettext_lazy("A group was deleted"),
        "group.restored": gettext_lazy("A group was restored"),
        "group.purged": gettext_lazy("A group was deleted permanently"),
    },
    told={
        "group.create": "group.created",
        **dict.fromkeys(
            (
                *("group.edit", "group.switch_features", "group.set_grant", "group.set_origin"),
                *("group.make_visible", "group.make_private", "group.share_history", "group.delete_data"),
            ),
            UPDATED,
        ),
        **dict.fromkeys(
            (
                *("group.edit_members", "group.add_external_members", "group.remove_external_members"),
                *("group.set_external_masters", "group.leave_by_rule", "group.take_out", "group.give_back"),
                *("group.add_masters", "group.remove_master", "group.set_masters", "group.give_up_master"),
            ),
            PEOPLE,
        ),
        **dict.fromkeys(
            ("group.set_list_rules", "group.stop_mail", "group.get_mail", "group.contact_left"), LIST
        ),
        **dict.fromkeys(("mail.make_key", "mail.use_key", "mail.stop_key"), "company.updated"),
        "group.delete": "group.deleted",
        "group.restore": "group.restored",
        "group.purge": "group.purged",
    },
    silent=frozenset(
        {
            # Looked at, or tried.
            *("group.see", "group.history", "group.list_deleted", "group.see_elsewhere", "group.use_room"),
            *("group.download_list", "group.download_people", "group.download_contacts", "pick"),
            *("directory.export", "company.export", "company.download_export", "company.delete_export"),
            # Many at once: each of their changes is told by itself.
            *(
                "directory.import",
                "directory.cancel",
                "directory.undo",
                "group.remove_masters",
                "group.switch",
            ),
            # What people write is between them.
            *("group.send_as", "group.delete_file", "message.recall", "message.edit", "task.delete"),
            *("room.edit_note", "room.delete_note", "room.delete_event"),
            *("room.edit_comment", "room.delete_comment"),
            *("mail.see_failing", "mail.pause_address", "mail.let_in_again", "mail.resume_own"),
            *("mail.flush", "mail.hold", "mail.release", "mail.drop", "mail.send_again"),
            *("mail.see_keys", "mail.check_key"),
            "member.forget_places",
        }
    ),
)
