"""Choosing people for groups, and teams and groups to be in them: what that adds to accounts.pickers."""

from .scope import GroupScope, Purpose

__all__ = ["GroupScope", "Purpose"]
