"""How far a run has come, how fast it is, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass

from lyticsapp.jobs.models import JobRun, RunState


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a run that is under way."""

    run: JobRun
    rate: float | None
    """Of what is counted in `done`, or else read, each second; None where unknown."""

    @property
    def waits(self) -> bool:
        """Whether no worker has it just now."""
        return self.run.state == RunState.WAITING

    @property
    def seconds_left(self) -> float | None:
        """How long it takes on at this rate; None where nobody knows."""
        if not self.rate or self.run.total is None:
            return None
        return max(0, self.run.total - self.run.done) / self.rate


def progress_of(run: JobRun) -> Progress:
    """Reckoned by the average since the run began."""
    lasted = run.lasted.total_seconds()
    come = run.read if run.total is None else run.done
    is_known = run.state == RunState.RUNNING and come and lasted > 0
    return Progress(run, come / lasted if is_known else None)
