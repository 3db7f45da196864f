"""The files of a repository that begins to use keyturn, each with the line that says what it is for.

The workflows are the very ones that keyturn's own repository runs, with a checkout of keyturn beside that of the keys:
what differs is named here and nowhere else, and a piece that is not found any more is our bug.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.render.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOME = "keyturn/keyturn"
RELEASE = ".keyturn/release"  # where the workflows keep keyturn: in a folder that git ignores
WORKFLOWS = ("check.yml", "issues.yml", "schedule.yml", "verify.yml", "ask.yml")
FORM = "rotation.yml"
_SETUP = "      - name: Set up Python\n"
_CHECKOUT = re.compile(r"uses: (actions/checkout@[0-9a-f]{40} # v[0-9.]+)\n")
_PATHS = ("/keyturn.yaml", "/providers/", "/platforms/", "/templates/", "/schemas/", "/.github/")


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of the repository that begins, and which release of keyturn it is to run."""

    commit: str  # full SHA
    version: str
    tracker: str = "local"
    writers: int = 0
    owners: tuple[str, ...] = ()  # of the policy and the catalogue, as CODEOWNERS names them
    branch: str = "main"

    @property
    def four_eyes(self) -> bool:
        """Tell whether a second person can be asked for: only on GitHub, and where there is one."""
        return self.writers > 1 and self.tracker != "local"


@dataclass(frozen=True, slots=True)
class Made:
    """One file to be written, what it is for, and what to do by hand where there is one already."""

    path: str
    text: str
    why: str
    by_hand: str = ""

    @property
    def is_of_repository(self) -> bool:
        """Tell whether it has its place at the top of a repository, wherever the root lies."""
        return self.path.startswith((".github/", ".pre-commit", ".vscode/"))


_TEMPLATES = {
    "keyturn.yaml": ("keyturn.yaml", "the policy: how often, who is told, what counts as evidence", ""),
    "rotations/README.md": ("rotations.md", "how a key is declared, with a sample", ""),
    "README.md": ("README.md", "what people who come here want to do, and how", ""),
    ".gitignore": ("gitignore", "keeps caches, reports and `.env` out of git", "add a line `.keyturn/`"),
    ".gitattributes": (
        "gitattributes",
        "folds the schemas away where a change is reviewed",
        "add a line `schemas/*.schema.json linguist-generated`",
    ),
    ".github/CODEOWNERS": (
        "CODEOWNERS",
        "who must agree to a change of policy, catalogue and workflows",
        "add a line for each of " + " ".join(_PATHS),
    ),
    ".github/pull_request_template.md": ("pull_request_template.md", "what to look at before a change is merged", ""),
    ".github/dependabot.yml": (
        "dependabot.yml",
        "keeps the pinned actions up to date",
        "add the package-ecosystem github-actions",
    ),
    ".vscode/settings.json": (
        "settings.json",
        "completes and explains every field while you type (YAML extension)",
        "add `yaml.schemas`, one entry for each of schemas/",
    ),
    ".pre-commit-config.yaml": (
        "pre-commit-config.yaml",
        "checks the files before each commit",
        f"add the hook keyturn-validate of {HOME}",
    ),
}
_CHECK = """\
What a reviewer sees of a pull request: what is wrong in the declared files, what speaks against the change, and what
merging it would do. Policy, catalogue and templates of the base judge, and keyturn at its release, which a pull request
changes only here, on the ground of CODEOWNERS.

It never writes but one comment, and not even that where the token may only read, as a fork's: the summary of the job
has the same. It has no path filter, since a required check that is skipped never ends."""
_WORKFLOWS = {
    "check.yml": (
        "says on a pull request what is wrong and what merging it brings",
        _CHECK,
    ),
    "issues.yml": ("opens, updates and closes issues after each push", None),
    "schedule.yml": ("opens what time has made due, and reminds", None),
    "verify.yml": ("asks a provider whether the old key is dead, and records it", None),
    "ask.yml": ("turns the form of an issue into a pull request", None),
}
_SCHEMAS = {
    "incident": "an incident",
    "platform": "a platform of your own",
    "policy": "the policy",
    "provider": "a provider of your own",
    "rotation": "a key",
}


def files(sources: Mapping[str, str], start: Start) -> Iterator[Made]:
    """Give every file in the order in which somebody would read them.

    `sources` are the templates by name, workflows, forms and schemas as `workflows/NAME` and so on.
    """
    templates = Templates(sources)
    for path, (name, why, by_hand) in _TEMPLATES.items():
        yield Made(path, _filled(templates, name, start), why, by_hand)
    for name, (why, head) in _WORKFLOWS.items():
        yield Made(f".github/workflows/{name}", workflow(sources[f"workflows/{name}"], start, head), why)
    yield Made(
        f".github/ISSUE_TEMPLATE/{FORM}",
        sources[f"forms/{FORM}"],
        "the form with which anybody here asks for a rotation",
    )
    for kind, what in _SCHEMAS.items():
        name = f"schemas/{kind}.schema.json"
        yield Made(name, sources[name], f"what a file may say that declares {what}")


def _filled(templates: Templates, name: str, start: Start) -> str:
    text = templates.render(
        f"{name}.jinja",
        tracker=start.tracker,
        four_eyes=start.four_eyes,
        owners=start.owners,
        paths=_PATHS,
        version=start.version,
        commit=start.commit,
    )
    return text.rstrip("\n") + "\n"


def workflow(text: str, start: Start, head: str | None = None) -> str:
    """Turn a workflow that runs the keyturn it checks out into one that runs a release; `head` is its new comment."""
    for old, new in _differences(text, start):
        text = _replaced(text, old, new)
    text = text.replace("branches: [main]", f"branches: [{start.branch}]").replace(
        "python scripts/", f"python {RELEASE}/scripts/"
    )
    return text if head is None else _headed(text, head)


def _differences(text: str, start: Start) -> Iterator[tuple[str, str]]:
    yield (
        "PYTHONPATH: src # keyturn is what is checked out",
        f"PYTHONPATH: {RELEASE}/src # keyturn is the release that is checked out beside the keys",
    )
    yield "-r requirements/runtime.txt", f"-r {RELEASE}/requirements/runtime.txt"
    yield _SETUP, _release(text, start) + _SETUP


def _release(text: str, start: Start) -> str:
    """Write the step that checks out keyturn, by the same action as the workflow checks out the keys."""
    (action,) = set(_CHECKOUT.findall(text))
    return f"""\
      - name: Check out keyturn
        uses: {action}
        with:
          repository: {HOME}
          ref: {start.commit} # {start.version}
          path: {RELEASE}
          persist-credentials: false

"""


def _replaced(text: str, old: str, new: str) -> str:
    before, found, after = text.partition(old)
    if not found or old in after:
        message = f"a workflow has {old!r} not once"
        raise ValueError(message)
    return before + new + after


def _headed(text: str, head: str) -> str:
    """Put another comment in the place of the first one."""
    lines = text.split("\n")
    first = next(place for place, line in enumerate(lines) if not line.startswith("#"))
    comment = [f"# {line}".rstrip() for line in head.split("\n")]
    return "\n".join([*comment, *lines[first:]])
