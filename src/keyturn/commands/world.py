"""What a command finds around it: the clock, the environment, the terminal. Only `cli` makes a real one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path


class World(NamedTuple):
    """Everything outside of the files and the tracker; no dataclass, which would take longer to make than a check."""

    folder: Path
    today: date
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    environment: Mapping[str, str]
    out: TextIO
    err: TextIO
    is_quiet: bool = False
    answers: TextIO | None = None  # where somebody answers questions; None where nobody is there

    @property
    def moment(self) -> datetime:
        """Give the moment that is written down: the time of the clock, on the day that is judged by."""
        return datetime.combine(self.today, self.now().timetz()).replace(microsecond=0)

    @property
    def month_ago(self) -> date:
        """Give the day since which closed issues still count; a day set by hand does not hide real ones."""
        from keyturn.model import Duration

        return Duration(30, "d").before(min(self.today, self.now().date()))

    @property
    def in_actions(self) -> bool:
        """Tell whether GitHub Actions runs us."""
        return self.environment.get("GITHUB_ACTIONS") == "true"

    @property
    def is_terminal(self) -> bool:
        """Tell whether somebody reads what we print on a terminal."""
        return self.out.isatty()

    def say(self, text: str) -> None:
        """Print what was asked for; a text without a line end gets one, an empty one is not printed."""
        if text:
            self.out.write(text if text.endswith("\n") else f"{text}\n")

    def tell(self, text: str) -> None:
        """Print what is good to know, unless `--quiet` asks for silence; no text of a file steers the terminal."""
        from keyturn.render.escape import terminal_lines

        if not self.is_quiet:
            self.err.write(f"{terminal_lines(text)}\n")

    def warn(self, text: str) -> None:
        """Print what somebody should see even where silence was asked for; in Actions as an annotation."""
        from keyturn.render.escape import terminal, workflow_data

        self.err.write(f"::warning::{workflow_data(text)}\n" if self.in_actions else f"keyturn: {terminal(text)}\n")

    def summarize(self, markdown: str) -> None:
        """Add to the summary of the job, where Actions has a place for it."""
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def output(self, **values: int | str) -> None:
        """Set outputs of the step, where Actions has a place for them."""
        self._append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in values.items()))

    def _append(self, variable: str, text: str) -> None:
        if place := self.environment.get(variable):
            with open(place, "a", encoding="utf-8") as file:  # noqa: PTH123 - the runner names it, not a path of ours
                file.write(text)
