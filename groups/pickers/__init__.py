"""Choosing people, teams and groups for groups: what that adds to accounts.pickers."""

from .scope import GroupScope, Purpose

__all__ = ["GroupScope", "Purpose"]
