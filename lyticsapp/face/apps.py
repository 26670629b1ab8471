"""Configuration of the face, and of Django's admin with our site in it."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class FaceConfig(AppConfig):
    """The admin site and what its pages share."""

    name = "lyticsapp.face"
    label = "face"


class FaceAdminConfig(AdminConfig):
    """Django's admin, with our site as the default one."""

    default = False
    default_site = "lyticsapp.face.site.FaceSite"
