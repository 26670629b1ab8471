"""The page that writes out, in a person's own names, how access is delegated.

As the documents have it: a role that may write to a stream, with the lines for the AWS
CLI, and the policy of a bucket that the installation uses as itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.aws import identity, policies
from lyticsapp.authorizations.aws.delegation import (
    BUCKET,
    NAMES,
    bucket_of,
    delegation_of,
)
from lyticsapp.authorizations.aws.external_ids import external_id_of
from lyticsapp.declaration.errors import InvalidSettingError
from lyticsapp.declaration.settings import Setting
from lyticsapp.face import current
from lyticsapp.face.declared_fields import field_of_setting

if TYPE_CHECKING:
    from lyticsapp.authorizations.admin import AuthorizationAdmin


@dataclass(frozen=True, slots=True)
class Written:
    """A text to be copied, and what it is."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A form of names, and what is written with them."""

    key: str
    title: str
    form: forms.Form
    written: Sequence[Written]


def respond(page: AuthorizationAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for the names, and write everything out with them."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    account = current.account(request)
    trusted = identity.of_installation()
    arn = trusted.arn if trusted else ""
    sections = [
        _section(
            request,
            "role",
            "A role that writes to a Kinesis stream",
            NAMES,
            lambda names: _of_role(account, arn, names),
        ),
        _section(
            request,
            "bucket",
            "A bucket that is used under its own policy",
            (BUCKET,),
            lambda names: _of_bucket(arn, names),
        ),
    ]
    return TemplateResponse(
        request,
        "admin/authorizations/delegation.html",
        {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": "Delegated access at AWS",
            "arn": arn,
            "sections": sections if arn else (),
        },
    )


def _section(
    request: HttpRequest,
    key: str,
    title: str,
    names: Sequence[Setting],
    write: Callable[[dict[str, Any]], Sequence[Written]],
) -> Section:
    is_asked = request.GET.get("what") == key
    form = _form_of(names)(request.GET if is_asked else None, auto_id=f"{key}_%s")
    written: Sequence[Written] = ()
    if form.is_valid():
        try:
            written = write(form.cleaned_data)
        except InvalidSettingError as error:
            form.add_error(error.name, error.reason)
    return Section(key, title, form, written)


def _form_of(names: Sequence[Setting]) -> type[forms.Form]:
    fields = {each.name: field_of_setting(each) for each in names}
    return type("NamesForm", (forms.Form,), dict(fields))


def _of_role(account: Account, arn: str, names: dict[str, Any]) -> list[Written]:
    wanted = delegation_of(names)
    external_id = external_id_of(account)
    trust = policies.written(policies.trust(arn, external_id))
    return [
        Written("arn", "Role ARN, for the authorization", wanted.role_arn),
        Written("trust", "Assume-role policy", trust),
        Written("stream", "Stream policy", policies.written(policies.stream(wanted))),
        Written("cli", "AWS CLI", policies.set_up(wanted, arn, external_id)),
        Written("cleanup", "Cleanup", policies.clean_up(wanted)),
    ]


def _of_bucket(arn: str, names: dict[str, Any]) -> list[Written]:
    policy = policies.bucket(bucket_of(names), arn)
    return [Written("bucket-policy", "Bucket policy", policies.written(policy))]
