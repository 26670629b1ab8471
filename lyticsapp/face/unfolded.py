"""Classes of django-unfold, which has no types, under the types they extend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django import forms
    from django.contrib.admin import AdminSite as UnfoldSite
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin.views.main import ChangeList as ChangeList
    from django.contrib.auth.forms import AuthenticationForm as LoginForm
    from django.core.paginator import Paginator as _Paginator

    UnfoldModelAdmin = _ModelAdmin[Any]
    BaseModelForm = forms.ModelForm[Any]
    BasePaginator = _Paginator[Any]
else:
    from django.core.paginator import Paginator as BasePaginator
    from django.forms import ModelForm as BaseModelForm
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.forms import AuthenticationForm as LoginForm
    from unfold.sites import UnfoldAdminSite as UnfoldSite
    from unfold.views import ChangeList

__all__ = [
    "BaseModelForm",
    "BasePaginator",
    "ChangeList",
    "LoginForm",
    "UnfoldModelAdmin",
    "UnfoldSite",
]
