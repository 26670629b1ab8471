"""The contract of workflows, and the registry that finds them.

A workflow is the code behind a job type. One that runs by itself is one file, whose
name is its key; it declares, in this order:

- a docstring: one sentence, and a link to what it is documented by;
- `PROVIDER` and `TITLE`: where the wizard offers it, under its documented name;
- `KIND`: batch or continuous; `DIRECTION`: whether it imports or exports;
- `METHODS`: the methods of authorization it takes; none where it needs none;
- `WITHOUT`, where it does without an authorization, too: how that is called;
- `FIELDS`: its configuration, in the document's order;
- `check(setup)`: what can be checked before the job is saved;
- `test_steps(setup)`, where it needs rights: what a connection test of the job's
  authorization tries, see `lyticsapp.authorizations.step`;
- `run(run)`: does the work, see `lyticsapp.jobs.run`.

What drives something else, as a trigger drives a subscription, is declared by the
package it belongs to. Nothing else names a workflow. A file that lacks a part stops
start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from lyticsapp.accounts.audit import Actor
from lyticsapp.accounts.models import Account
from lyticsapp.authorizations.credentials import (
    Credentials,
    credentials_of,
    no_credentials,
)
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.step import Steps
from lyticsapp.declaration.files import declaring_files, require
from lyticsapp.declaration.settings import Choice, Setting, Stored
from lyticsapp.jobs.errors import UnknownWorkflowError
from lyticsapp.jobs.models import Job

if TYPE_CHECKING:
    from lyticsapp.jobs.run import Run

DECLARED = (
    "PROVIDER",
    "TITLE",
    "KIND",
    "DIRECTION",
    "METHODS",
    "FIELDS",
    "check",
    "run",
)


class Kind(Enum):
    """How a job of the workflow runs."""

    TRIGGER = "trigger"
    """Drives a subscription."""
    BATCH = "batch"
    """Once, or on a schedule."""
    CONTINUOUS = "continuous"
    """For good: it consumes a stream."""


class Direction(Enum):
    """Which way its data goes, as the button that starts it says."""

    IMPORT = "import"
    EXPORT = "export"

    @property
    def button(self) -> str:
        return f"Start {self.value.capitalize()}"


@dataclass(frozen=True, slots=True)
class Setup:
    """A job as it is being set up: for checks, and for choices that lie elsewhere."""

    account: Account
    authorization: Authorization | None
    config: Mapping[str, Any]
    """The settings so far, secrets in place."""

    @property
    def credentials(self) -> Credentials:
        """What lets one in; raises DecryptionError."""
        if self.authorization is None:
            return no_credentials(self.account.pk)
        return credentials_of(self.authorization)

    def __repr__(self) -> str:
        return f"Setup(account={self.account.pk}, config={sorted(self.config)})"


@dataclass(frozen=True, slots=True)
class Without:
    """How a job without an authorization is called, where one is chosen."""

    title: str
    text: str


NO_CREDENTIALS = Without("None", "The other side asks for no credentials.")
DELEGATED = Without(
    "Use Delegated Access To Lytics with AWS IAM",
    "The other side trusts this installation, which comes as itself.",
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the values that can be chosen."""

    choices: Sequence[Choice]
    next: str = ""
    """Where the following ones begin; empty where these are the last."""


class Source(Protocol):
    """Finds values that can be chosen; raises ChoicesError."""

    def __call__(self, setup: Setup, search: str, start: str) -> Page:
        """Those that hold the searched text, from `start`, a page's `next`."""


@dataclass(frozen=True, slots=True)
class Link:
    """What people call something, and the page it has; empty where it has none."""

    label: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field(Setting):
    """One field of a job's configuration."""

    source: Source | None = None
    """Where values to choose from are found; any other can be typed."""
    source_after: Sequence[str] = ()
    """The fields that have to be filled in before there is anything to choose from."""
    names: Callable[[Account, Sequence[str]], Mapping[str, Link]] | None = None
    """Of a list of ids: how people know what each stands for."""
    outlook: Callable[[Setup], str] | None = None
    """Of a box to tick: what that will come to, as HTML, told while somebody looks."""
    outlook_of: Sequence[str] = ()
    """The fields on which that depends."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says a job should be."""

    workflow: str
    label: str
    description: str
    authorization: Authorization | None
    config: Mapping[str, Any]
    """Its settings, as posted."""

    def __repr__(self) -> str:
        return f"Wanted({self.workflow!r}, {self.label!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What a job drives, as the pages about the job tell of it."""

    links: Sequence[Link]
    live_url: str
    """Where a page finds how it fares."""
    deletion: Sequence[str]
    """What deleting the job does to it, in sentences."""
    commands: Sequence[Link] = ()
    """Pages on which something is done with it, for those who may steer the job."""
    resume_url: str = ""
    """The page that asks how to go on after a pause; empty where nothing is to choose."""


class Driver(Protocol):
    """What the jobs of a workflow drive: it begins, changes and ends with them."""

    def create(self, account: Account, wanted: Wanted, actor: Actor) -> Job: ...

    def update(self, job: Job, wanted: Wanted, actor: Actor) -> None: ...

    def pause(self, job: Job, actor: Actor) -> None: ...

    def resume(self, job: Job, actor: Actor) -> None: ...

    def restart(self, job: Job, actor: Actor) -> None: ...

    def delete(self, job: Job, actor: Actor) -> None: ...

    def stored(self, job: Job) -> Stored: ...

    def driven(self, job: Job) -> Driven | None:
        """What this job drives; None where it is gone."""


def no_steps(setup: Setup) -> Steps:
    """The connection test of a workflow that asks for no particular right."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The code behind a job type."""

    key: str
    provider: str
    title: str
    summary: str
    kind: Kind
    direction: Direction
    methods: Sequence[str]
    """Of the authorizations it takes; empty where it takes none."""
    fields: Sequence[Field]
    check: Callable[[Setup], None]
    """Raises InvalidSettingError, or JobError where no single field is to blame."""
    run: Callable[[Run], None] | None = None
    """None where a driver has the work done."""
    driver: Driver | None = None
    without: Without | None = None
    """How it is called to do without an authorization; None where it cannot."""
    test_steps: Callable[[Setup], Steps] = no_steps
    """What a job has to be able to do with its authorization, settings in place."""


Finder = Callable[[], Iterable[Workflow]]
_finders: dict[str, Finder] = {}


def bind(name: str, finder: Finder) -> None:
    """Have the workflows found that a higher package declares."""
    _finders[name] = finder
    registry.cache_clear()


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Workflow]:
    """Every workflow by its key; raises FileLacksPartError."""
    found = [workflow for finder in _finders.values() for workflow in finder()]
    return {workflow.key: workflow for workflow in found}


def in_package(package: ModuleType) -> list[Workflow]:
    """The workflows that the files of a package declare; raises FileLacksPartError."""
    return [declared(key, module) for key, module in declaring_files(package)]


def declared(key: str, module: ModuleType) -> Workflow:
    """The workflow that a file declares; raises FileLacksPartError."""
    require(module, DECLARED, "lyticsapp.jobs.workflow")
    return Workflow(
        key=key,
        provider=module.PROVIDER,
        title=module.TITLE,
        summary=(module.__doc__ or "").partition("\n")[0],
        kind=module.KIND,
        direction=module.DIRECTION,
        methods=tuple(module.METHODS),
        without=getattr(module, "WITHOUT", None),
        fields=tuple(module.FIELDS),
        check=module.check,
        test_steps=getattr(module, "test_steps", no_steps),
        run=module.run,
    )


def get(key: str) -> Workflow:
    """The workflow of this key, in either spelling; raises UnknownWorkflowError."""
    workflow = registry().get(key.replace("-", "_"))
    if workflow is None:
        raise UnknownWorkflowError(key, sorted(registry()))
    return workflow


def title_of(key: str) -> str:
    """The documented title of the job type; its key, where no release has it now."""
    workflow = registry().get(key)
    return key if workflow is None else workflow.title


def runs_itself(key: str) -> bool:
    """Whether jobs of this workflow run by themselves, and are driven by nothing."""
    workflow = registry().get(key)
    return workflow is not None and workflow.run is not None


def keys_that_run() -> list[str]:
    """The workflows whose jobs run by themselves."""
    return [key for key in registry() if runs_itself(key)]


def is_continuous(key: str) -> bool:
    """Whether jobs of this workflow consume a stream."""
    workflow = registry().get(key)
    return workflow is not None and workflow.kind is Kind.CONTINUOUS
