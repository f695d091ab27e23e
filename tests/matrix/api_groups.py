"""Groups, imports and exports in the API: without a token nobody gets in, whoever is signed in.

What tokens are answered, by role, stands in tests/groupadmin/api/groups/test_roles.py.
"""

from .rows import Row, everybody

_CLOSED = everybody(401)


def _closed(*verbs: str, **args: object) -> list[Row]:
    get, post = (_CLOSED if verb in verbs else everybody(405) for verb in ("get", "post"))
    return [Row(get, post, args=lambda cast: args.values())]


_GROUP = {"ref": "1"}

API_OF_GROUPS: dict[str, list[Row]] = {
    "api:list_groups": _closed("get", "post"),
    "api:get_group": _closed("get", **_GROUP),
    "api:list_containers": _closed("get", **_GROUP),
    "api:get_group_photo": _closed("get", **_GROUP),
    "api:list_entries": _closed("get", "post", **_GROUP),
    "api:remove_entry": _closed(**_GROUP, entry_id="1"),
    "api:add_external_members": _closed("post", **_GROUP),
    "api:list_masters": _closed("get", **_GROUP),
    "api:list_people": _closed("get", **_GROUP),
    "api:get_why": _closed("get", **_GROUP, member="1"),
    "api:list_groups_of_member": _closed("get", **_GROUP),
    "api:get_mailing_list": _closed("get", **_GROUP),
    "api:list_opt_outs": _closed("get", **_GROUP),
    "api:stop_own_mail": _closed(**_GROUP),
    "api:list_designations": _closed("get", **_GROUP, purpose="senders"),
    "api:list_contacts": _closed("get", **_GROUP),
    "api:remove_contact": _closed(**_GROUP, email="bea@out.example"),
    "api:get_room": _closed("get", **_GROUP),
    "api:list_deleted_groups": _closed("get"),
    "api:get_deleted_group": _closed("get", **_GROUP),
    "api:restore_group": _closed("post", **_GROUP),
    "api:list_imports": _closed("get", "post"),
    "api:begin_import_of_file": _closed("post"),
    "api:get_import": _closed("get", **_GROUP),
    "api:start_import": _closed("post", **_GROUP),
    "api:cancel_import": _closed("post", **_GROUP),
    "api:look_back_at_import": _closed("post", **_GROUP),
    "api:undo_import": _closed("post", **_GROUP),
    "api:list_import_rows": _closed("get", **_GROUP),
    "api:list_exports": _closed("get", "post"),
    "api:get_export": _closed("get", **_GROUP),
    "api:download_export": _closed("get", **_GROUP),
}
