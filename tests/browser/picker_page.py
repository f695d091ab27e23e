"""A page with two pickers and nothing else, for the tests of the pickers themselves."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from accounts.actor import Actor
from accounts.pickers import PickerField, give_scope
from groupadmin.urls import urlpatterns as everything
from groups.pickers import GroupScope, Purpose

PAGE = """{% extends "base.html" %}{% block title %}Pickers{% endblock %}{% block body %}
<main id="content" class="p-4">
<h1>Pickers</h1>
<form method="post" novalidate>{% csrf_token %}
{% for field in form %}<div class="mb-3">{{ field.label_tag }}{{ field }}{{ field.errors }}</div>{% endfor %}
<button>Save</button></form>
<output>{{ saved }}</output></main>{% endblock %}"""


class PickersForm(forms.Form):
    masters = PickerField(label="Master(s)", label_suffix="", required=False)
    members = PickerField(label="Member(s)", label_suffix="")


def pickers(request: HttpRequest) -> HttpResponse:
    actor = Actor.of(request)
    assert actor.member
    assert actor.member.company
    form = PickersForm(request.POST or None)
    for name, purpose in (("masters", Purpose.MASTERS), ("members", Purpose.MEMBERS)):
        give_scope(form, name, GroupScope(actor, actor.member.company, "internal", purpose))
    saved = form.cleaned_data["members"] if form.is_valid() else ""
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"form": form, "saved": saved}, request))


urlpatterns = [path("pickers/", pickers), *everything]
