from django.apps import AppConfig


class GroupadminConfig(AppConfig):
    name = "groupadmin"
