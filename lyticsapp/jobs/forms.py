"""The form of a job, made from what its workflow declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from lyticsapp.authorizations import lookup
from lyticsapp.authorizations.models import Authorization
from lyticsapp.declaration.settings import Kind
from lyticsapp.face.declared_fields import field_of_setting
from lyticsapp.jobs.control import LONGEST_LABEL
from lyticsapp.jobs.models import Job
from lyticsapp.jobs.workflow import Field, Wanted, Workflow

PREFIX = "config_"
AUTHORIZATION = "authorization"
OUTLOOK = "data-outlook"
OWN_FIELDS = ("label", "description", AUTHORIZATION)


class JobForm(forms.Form):
    """Label, description and the workflow's fields, in the document's order."""

    label = forms.CharField(
        max_length=LONGEST_LABEL,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Identifies this job.",
    )
    description = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Further context on the job.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Media:
        css = {"all": ["jobs/form.css"]}
        js = [forms.Script("jobs/form.js", type="module")]

    def __init__(self, kind: Workflow, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._declared = list(kind.fields)
        for each in self._declared:
            self.fields[PREFIX + each.name] = _field(kind, each)

    @classmethod
    def of(cls, kind: Workflow, job: Job, data: Any = None) -> JobForm:
        """The form of a job as it is; what was ticked before has come about already."""
        config = {PREFIX + name: value for name, value in job.config.items()}
        shown = {
            "label": job.label,
            "description": job.description,
            "version": job.version,
        }
        form = cls(kind, data, initial={**config, **shown})
        for each in kind.fields:
            if each.outlook is not None and job.config.get(each.name):
                form.fields[PREFIX + each.name].widget.attrs.pop(OUTLOOK)
        return form

    def offer_authorizations(self, job: Job) -> None:
        """Let one choose another authorization than the job has."""
        usable = lookup.usable(job.account, self.kind.provider, self.kind.methods)
        self.fields[AUTHORIZATION] = forms.ModelChoiceField(
            usable,
            required=self.kind.without is None,
            initial=job.authorization,
            to_field_name="public_id",
            empty_label=self.kind.without.title if self.kind.without else "—",
            widget=UnfoldAdminSelectWidget,
            help_text="The credentials it comes with.",
        )

    def chosen_authorization(self) -> Authorization | None:
        """The authorization that was chosen; None where none is."""
        chosen: Authorization | None = self.cleaned_data.get(AUTHORIZATION)
        return chosen

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """What everybody sees."""
        own = [self[name] for name in OWN_FIELDS if name in self.fields]
        return own + [self[PREFIX + each.name] for each in self._simple()]

    @property
    def advanced_fields(self) -> list[forms.BoundField]:
        """What is shown when somebody asks for advanced options."""
        advanced = [each for each in self._declared if each.advanced]
        return [self[PREFIX + each.name] for each in advanced]

    @property
    def has_advanced_errors(self) -> bool:
        """Whether something is wrong with a field that may not be seen."""
        return any(field.errors for field in self.advanced_fields)

    def wanted(self, authorization: Authorization | None) -> Wanted:
        """What the form says, as the domain functions take it."""
        values = self.cleaned_data
        return Wanted(
            workflow=self.kind.key,
            label=values["label"],
            description=values["description"],
            authorization=authorization,
            config=self.config(),
        )

    def config(self) -> dict[str, Any]:
        """The settings that were typed so far, those without errors."""
        return {
            each.name: self.cleaned_data[PREFIX + each.name]
            for each in self._declared
            if PREFIX + each.name in self.cleaned_data
        }

    def refuse(self, name: str, reason: str) -> None:
        """Show why a setting was refused, at its field where there is one."""
        field = PREFIX + name.partition(".")[0]
        known = field if field in self.fields else name if name in self.fields else None
        self.add_error(known, reason)

    def _simple(self) -> list[Field]:
        return [each for each in self._declared if not each.advanced]


def _field(kind: Workflow, declared: Field) -> forms.Field:
    made = field_of_setting(declared)
    if declared.source is not None:
        made.help_text = declared.help
        made.widget.attrs.update(_found_choices(kind, declared))
    if declared.outlook is not None:
        made.widget.attrs.update(_outlook(kind, declared))
    return made


def _found_choices(kind: Workflow, declared: Field) -> Mapping[str, str]:
    """What the scripts need to find the values that can be chosen."""
    return {
        "data-choices": reverse(
            "admin:jobs_job_choices", args=[kind.key, declared.name]
        ),
        "data-choices-after": json.dumps([PREFIX + n for n in declared.source_after]),
        "data-choices-many": "true" if declared.kind is Kind.LIST else "",
    }


def _outlook(kind: Workflow, declared: Field) -> Mapping[str, str]:
    """What the scripts need to find out what ticking the box will come to."""
    return {
        OUTLOOK: reverse("admin:jobs_job_outlook", args=[kind.key, declared.name]),
        "data-outlook-of": json.dumps([PREFIX + name for name in declared.outlook_of]),
    }
