"""The form field of a filter: a plain text box, which scripts make an editor of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import TEXTAREA_CLASSES

from segments.filterql.grammar import RESERVED, STATEMENTS

EXAMPLE = 'FILTER AND (\n    paying_user = "t"\n)\nFROM user'
ASKED = ("check", "words", "show", "write", "preview")


class FilterWidget(forms.Textarea):
    """A text box for FilterQL with an editor and a builder."""

    template_name = "definitions/editor.html"
    segment_pk: int | None = None

    class Media:
        css = {"all": ["definitions/editor/editor.css"]}
        js = [forms.Script("definitions/editor/editor.js", type="module")]

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "class": " ".join((*TEXTAREA_CLASSES, "f-filterql")),
                "rows": 8,
                "placeholder": EXAMPLE,
                "aria-label": "FilterQL",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
            }
        )

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add where the editor asks, and the words of the language."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return {
            **context,
            "addresses": {
                part: reverse(f"admin:definitions_segment_editor_{part}")
                for part in ASKED
            },
            "keywords": " ".join(sorted({*RESERVED, *STATEMENTS})),
            "segment_pk": self.segment_pk,
        }
