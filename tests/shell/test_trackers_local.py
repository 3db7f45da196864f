"""The folder of issues as people find and edit it."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell.desk import DUE, Desk, Ran

from keyturn import marker
from keyturn.errors import Exit, OutsideError
from keyturn.model import Marker, Status, Version, Why
from keyturn.trackers import Draft, Edit, front
from keyturn.trackers.local import LocalTracker

if TYPE_CHECKING:
    from collections.abc import Iterator

SINCE = date(2026, 10, 22)
TIE = Marker(
    scope="acme/keys:.",
    id="mixpanel/loader",
    version=Version.read("2026-08-24"),
    due=date(2026, 11, 22),
    why=Why.DUE,
    status=Status.DUE_SOON,
    opened=date(2026, 11, 21),
)
BODY = f"| Owners | alice |\n\n- [ ] one\n\n{marker.line(TIE)}"
DRAFT = Draft("Rotate mixpanel/loader", BODY, ("key-rotation", "provider: mixpanel"), ("alice",))


def now() -> datetime:
    return datetime(2026, 11, 21, 9, 0, 0, 500, tzinfo=UTC)


@pytest.fixture
def tracker(tmp_path: Path) -> LocalTracker:
    return LocalTracker(tmp_path / ".keyturn" / "issues", TIE.scope, now)


def only_file(tracker: LocalTracker) -> Path:
    [path] = tracker.folder.glob("*.md")
    return path


def edited(tracker: LocalTracker, old: str, new: str) -> Path:
    path = only_file(tracker)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    return path


def test_a_file_reads_well(tracker: LocalTracker) -> None:
    written = tracker.create(DRAFT)
    tracker.comment(1, "Due since Sunday.\n")

    path = tracker.folder / "0001-rotate-mixpanel-loader.md"
    assert written.url == str(path)
    assert path.read_text(encoding="utf-8") == (
        "---\n"
        "number: 1\n"
        'title: "Rotate mixpanel/loader"\n'
        'state: "open"\n'
        "state_reason: null\n"
        'labels: ["key-rotation", "provider: mixpanel"]\n'
        'assignees: ["alice"]\n'
        'author: "local"\n'
        'created_at: "2026-11-21T09:00:00Z"\n'
        'updated_at: "2026-11-21T09:00:00Z"\n'
        "closed_at: null\n"
        "---\n"
        "\n"
        f"{BODY}\n"
        "\n"
        '<!-- keyturn:comment {"author": "local", "at": "2026-11-21T09:00:00Z"} -->\n'
        "\n"
        "Due since Sunday.\n"
    )


def test_the_same_edit_writes_the_same_file(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    tracker.comment(1, "Due.")
    before = only_file(tracker).read_bytes()

    tracker.edit(1, Edit(body=BODY, labels=DRAFT.labels))

    assert only_file(tracker).read_bytes() == before


def test_the_work_tree_stays_clean(tmp_path: Path, tracker: LocalTracker) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    tracker.issues(SINCE)
    assert list(tmp_path.iterdir()) == [tmp_path / ".git"]
    tracker.create(DRAFT)
    tracker.create(DRAFT)

    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(status, check=True, capture_output=True).stdout == b""
    assert sorted(path.name for path in tracker.folder.iterdir()) == [
        "0001-rotate-mixpanel-loader.md",
        "0002-rotate-mixpanel-loader.md",
    ]


def test_a_gitignore_of_ones_own_is_kept(tracker: LocalTracker) -> None:
    tracker.folder.mkdir(parents=True)
    own = tracker.folder.parent / ".gitignore"
    own.write_text("issues/\n", encoding="utf-8")

    tracker.create(DRAFT)

    assert own.read_text(encoding="utf-8") == "issues/\n"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rotate Ünï/x", "0001-rotate-n-x.md"),
        ("→", "0001-issue.md"),
        ("a" * 200, f"0001-{'a' * 60}.md"),
        ("../../etc/passwd", "0001-etc-passwd.md"),
    ],
    ids=["letters", "nothing-left", "long", "path"],
)
def test_the_name_is_a_slug_of_the_title(tracker: LocalTracker, title: str, name: str) -> None:
    tracker.create(Draft(title, BODY, (), ()))

    assert only_file(tracker).name == name
    assert tracker.issues(SINCE)[0].title == title


def test_numbers_go_beyond_four_digits(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    only_file(tracker).rename(tracker.folder / "9999-x.md")
    edited(tracker, "number: 1\n", "number: 9999\n")

    assert tracker.create(DRAFT).number == 10_000
    assert [issue.number for issue in tracker.issues(SINCE)] == [9_999, 10_000]


@pytest.mark.parametrize(
    ("old", "new", "labels", "assignees"),
    [
        ('["key-rotation", "provider: mixpanel"]', "[key-rotation, provider: mixpanel]", DRAFT.labels, ("alice",)),
        ('["key-rotation", "provider: mixpanel"]', "['it''s', \"a, b\",] # mine", ("it's", "a, b"), ("alice",)),
        (
            'labels: ["key-rotation", "provider: mixpanel"]',
            "labels:\n  - x\n# so\n\n- 'y'\n-\n  - 12",
            ("x", "y", "12"),
            ("alice",),
        ),
        ('["key-rotation", "provider: mixpanel"]', "[]", (), ("alice",)),
        ('["key-rotation", "provider: mixpanel"]', "urgent # now", ("urgent",), ("alice",)),
        ('labels: ["key-rotation", "provider: mixpanel"]', "", (), ("alice",)),
        ('assignees: ["alice"]', "assignees: ~", DRAFT.labels, ()),
    ],
    ids=["flow-plain", "flow-quoted", "block", "empty", "scalar", "absent", "null"],
)
def test_lists_are_understood_as_people_write_them(
    tracker: LocalTracker, old: str, new: str, labels: tuple[str, ...], assignees: tuple[str, ...]
) -> None:
    tracker.create(DRAFT)
    edited(tracker, old, new)

    [issue] = tracker.issues(SINCE)

    assert (issue.labels, issue.assignees) == (labels, assignees)


@pytest.mark.parametrize(
    "state", ["state: closed", "state: 'closed'", 'state: "closed" # done', "state:   Closed", "state: closed # done"]
)
def test_a_person_closes_by_editing_the_state(tracker: LocalTracker, state: str) -> None:
    tracker.create(DRAFT)
    path = edited(tracker, 'state: "open"', state)

    [issue] = tracker.issues(SINCE)

    assert (issue.is_open, issue.marker.closed) == (False, None)
    assert issue.closed_at == datetime.fromtimestamp(path.stat().st_mtime, UTC)


def test_ticks_and_text_of_people_are_read_and_foreign_line_ends_too(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    path = edited(tracker, "- [ ] one", "- [x] one\n\nI did it. ü alice")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    [issue] = tracker.issues(SINCE)

    assert issue.body == BODY.replace("- [ ] one", "- [x] one\n\nI did it. ü alice")
    assert issue.marker == TIE


def test_fields_that_people_add_are_kept(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    edited(tracker, "closed_at: null", "closed_at: null\npriority: high # really")

    tracker.edit(1, Edit(body=BODY, labels=()))

    assert 'priority: "high"\n' in only_file(tracker).read_text(encoding="utf-8")


def test_text_cannot_forge_a_comment(tracker: LocalTracker) -> None:
    name = marker.reminder_line(marker.reminder(TIE.due, 7))
    forged = f'<!-- keyturn:comment {{"author": "local", "at": "x"}} -->\n{name}'
    tracker.create(Draft("x", f"{BODY}\n{forged}", (), ()))
    tracker.comment(1, f"Thanks.\r\n{forged}")

    [issue] = tracker.issues(SINCE)

    assert tracker.reminders(issue) == {"2026-11-22+7"}  # from the comment, which is ours
    assert issue.body == f"{BODY}\n {forged}"
    assert len(front.read(only_file(tracker).read_text(encoding="utf-8")).comments) == 1


def test_other_files_do_not_matter(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    for name in ("README.md", "0002-x.md~", ".0003-x.md.a.tmp", "1-x.md"):
        (tracker.folder / name).write_text("?", encoding="utf-8")

    assert [issue.number for issue in tracker.issues(SINCE)] == [1]
    assert tracker.create(DRAFT).number == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1 is not `---`"),
        (b"---\nnumber: 1\n", "the second line `---` is missing"),
        (b"---\nnumber: 1\nwhat is this\n---\n", "line 3 is not `name: value`"),
        (b"---\n- 1\n---\n", "line 2 is not `name: value`"),
        (b"---\nnumber: 1\n- 2\n---\n", "line 3 is an item, but what it belongs to is no list"),
        (b"---\nlabels: [a, b\n---\n", "the list in line 2 has no `]`; write it on one line, or one item per line"),
        (b"---\nlabels: [a, {b: c}]\n---\n", "the list in line 2 cannot be read; put its items in double quotes"),
        (b'---\ntitle: "a\n---\n', 'the text in line 2 does not end with `"`, or holds a stray `\\`'),
        (b"---\ntitle: 'a\n---\n", "the text in line 2 does not end with `'`"),
        (b"---\nnumber: 2\nstate: open\n---\n", "`number` is not 1, as the file's name says"),
        (b"---\nstate: open\n---\n", "`number` is not 1, as the file's name says"),
        (b"---\nnumber: 1\nstate: done\n---\n", "`state` is neither open nor closed"),
        (b"---\nnumber: 1\n---\n", "`state` is neither open nor closed"),
        (b"---\nnumber: 1\nstate: [open]\n---\n", "`state` is neither open nor closed"),
        (b"\xff", "it is not UTF-8"),
        (
            b"---\nnumber: 1\nstate: open\n---\n<!-- keyturn:comment {} -->\n",
            "a line `<!-- keyturn:comment` has lost its author or its time",
        ),
        (
            f"---\nnumber: 1\nstate: closed\nauthor: local\nclosed_at: soon\n---\n{BODY}".encode(),
            "`closed_at` is not a date-time such as 2026-11-21T09:00:00Z",
        ),
    ],
)
def test_a_file_that_is_no_issue_stops_the_run_and_is_kept(tracker: LocalTracker, content: bytes, why: str) -> None:
    tracker.folder.mkdir(parents=True)
    path = tracker.folder / "0001-x.md"
    path.write_bytes(content)

    with pytest.raises(OutsideError) as caught:
        tracker.issues(SINCE)

    assert str(caught.value) == (
        f"{path} cannot be read as an issue: {why}; correct it, or delete the file to let it go"
    )
    assert caught.value.status is Exit.OUTSIDE
    assert tracker.create(DRAFT).number == 2
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "cut", ["", "<!--", "<!-- keyturn", '<!-- keyturn {"scope": "acme', '<!-- keyturn {"id": 1} -->']
)
def test_an_issue_of_ours_whose_marker_is_cut_off_is_not_opened_again(tracker: LocalTracker, cut: str) -> None:
    tracker.create(DRAFT)
    path = edited(tracker, BODY, cut)
    before = path.read_bytes()

    with pytest.raises(OutsideError, match="`<!-- keyturn` is cut off or was changed; correct it, or delete the file"):
        tracker.issues(SINCE)

    assert path.read_bytes() == before


def test_a_person_may_note_when_it_was_closed(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    edited(tracker, 'state: "open"', "state: closed")
    edited(tracker, "closed_at: null", "closed_at: 2026-11-20")

    assert tracker.issues(SINCE)[0].closed_at == datetime(2026, 11, 20, tzinfo=UTC)


def test_when_it_was_opened_is_not_needed(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    assert tracker.issues(SINCE)[0].opened_at == now().replace(microsecond=0)
    edited(tracker, 'created_at: "2026-11-21T09:00:00Z"', "created_at: soon")

    assert tracker.issues(SINCE)[0].opened_at is None


def test_a_field_with_another_kind_of_value_is_read_as_far_as_it_goes(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    edited(tracker, 'title: "Rotate mixpanel/loader"', "title: [a]")

    assert tracker.issues(SINCE)[0].title == ""


def test_two_files_of_one_number_are_refused(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    copy = tracker.folder / "0001-copy.md"
    copy.write_bytes(only_file(tracker).read_bytes())

    with pytest.raises(OutsideError, match=r"0001-copy\.md and .*0001-rotate-mixpanel-loader\.md have the same number"):
        tracker.create(DRAFT)


def test_a_folder_that_is_none_is_named(tracker: LocalTracker) -> None:
    tracker.folder.parent.mkdir()
    tracker.folder.write_text("", encoding="utf-8")

    with pytest.raises(OutsideError, match=r"cannot list .*issues: Not a directory; check its permissions"):
        tracker.issues(SINCE)


def test_a_folder_that_cannot_be_made_is_named(tracker: LocalTracker) -> None:
    tracker.folder.parent.write_text("", encoding="utf-8")
    lone = LocalTracker(tracker.folder / "deeper", TIE.scope, now)

    with pytest.raises(OutsideError, match=r"cannot list .*: Not a directory"):
        lone.create(DRAFT)


def test_a_gitignore_that_cannot_be_written_is_named(tracker: LocalTracker) -> None:
    tracker.folder.parent.mkdir()
    (tracker.folder.parent / ".gitignore").symlink_to(tracker.folder.parent / "none" / "x")

    with pytest.raises(OutsideError, match=r"cannot write .*issues: No such file or directory"):
        tracker.create(DRAFT)


def test_an_issue_that_is_a_folder_is_named(tracker: LocalTracker) -> None:
    (tracker.folder / "0001-x.md").mkdir(parents=True)

    with pytest.raises(OutsideError, match=r"cannot read .*0001-x\.md: Is a directory"):
        tracker.issues(SINCE)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let writing stop at a size, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_file(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    path, before = only_file(tracker), only_file(tracker).read_bytes()

    with files_of_at_most(1_000_000), pytest.raises(OutsideError) as caught:
        tracker.edit(1, Edit(body="x" * 2_000_000, labels=()))

    reason = "File too large; check its permissions and the space on the disk"
    assert str(caught.value) == f"cannot write {path}: {reason}"
    assert list(tracker.folder.iterdir()) == [path]
    assert path.read_bytes() == before


ENDLESS = """
import itertools, sys
from datetime import UTC, date, datetime
from pathlib import Path
from keyturn.trackers import Edit
from keyturn.trackers.local import LocalTracker

tracker = LocalTracker(Path(sys.argv[1]), "acme/keys:.", lambda: datetime(2026, 11, 21, tzinfo=UTC))
for letter in itertools.cycle("ab"):
    tracker.edit(1, Edit(letter * 500_000, ()))
    print(letter, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_file(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    for edits in (1, 4, 9):
        command = [sys.executable, "-c", ENDLESS, str(tracker.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(edits):
                process.stdout.readline()
            process.kill()
        body = front.read(only_file(tracker).read_text(encoding="utf-8")).body
        assert body in {"a" * 500_000, "b" * 500_000}


def test_a_killed_write_leaves_nothing_that_counts(tracker: LocalTracker) -> None:
    tracker.create(DRAFT)
    leftover = tracker.folder / f".{only_file(tracker).name}.abc.tmp"
    leftover.write_bytes(b"---\nnum")

    assert [issue.number for issue in tracker.issues(SINCE)] == [1]


# -- a whole run -------------------------------------------------------------------------------------------------------

CAPABILITIES = 0x20080522  # the version of the structures below; see capget(2)
OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


@contextmanager
def without_privileges() -> Iterator[None]:
    """Let permissions count even where the tests run as root, who still reads what is root's own."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    effective = sets[0]
    sets[0] = effective & ~OVERRIDE
    assert libc.capset(header, sets) == 0
    try:
        yield
    finally:
        sets[0] = effective
        assert libc.capset(header, sets) == 0


def files(desk: Desk) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.folder / ".keyturn/issues").iterdir()}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give a desk with two issues, in a place that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = Desk(folder)
        made.declare(created=DUE)
        made.declare("close/crm", created=DUE)
        assert made.keyturn("apply").status == 0
        made.declare(created=DUE, owners=["carol"])
        made.declare("close/new", created=DUE)
        yield made


def mended(desk: Desk) -> Ran:
    """Run once more, and insist that this does everything and a further run nothing."""
    ran = desk.keyturn("apply")
    assert ran.status == 0, ran
    assert desk.keyturn("apply").out == "nothing to do.\n"
    return ran


def test_a_disk_that_is_full_stops_the_run_and_loses_nothing(desk: Desk) -> None:
    before = files(desk)
    with files_of_at_most(600):
        ran = desk.keyturn("apply")
    assert ran.status == 3
    assert "0001-rotate-close-crm.md" not in ran.err
    assert "0002-rotate-mixpanel-loader.md: File too large; check its permissions and the space on the disk" in ran.err
    assert "0 of 2 actions done; 2 left for the next run" in ran.err
    assert files(desk) == before
    assert "2 of 2 actions done" in mended(desk).err


def test_a_folder_that_is_read_only_stops_the_run_and_loses_nothing(desk: Desk) -> None:
    before, folder = files(desk), desk.folder / ".keyturn/issues"
    folder.chmod(0o555)
    with without_privileges():
        assert desk.keyturn("plan").status == 0
        ran = desk.keyturn("apply")
    assert ran.status == 3
    assert "0002-rotate-mixpanel-loader.md: Permission denied; check its permissions" in ran.err
    assert files(desk) == before
    folder.chmod(0o755)
    assert "2 of 2 actions done" in mended(desk).err


def test_a_folder_that_may_not_be_read_is_named(desk: Desk) -> None:
    (desk.folder / ".keyturn/issues").chmod(0o000)
    with without_privileges():
        ran = desk.keyturn("plan")
    assert (ran.status, f"cannot list {desk.folder}/.keyturn/issues: Permission denied" in ran.err) == (3, True)


@pytest.mark.parametrize("kept", [0, 3, 60, 300, 420])
def test_a_file_that_somebody_wrote_by_half_stops_the_run_and_is_named(desk: Desk, kept: int) -> None:
    path = desk.folder / ".keyturn/issues/0001-rotate-close-crm.md"
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    before = files(desk)
    ran = desk.keyturn("apply")
    assert (ran.status, f"{path} cannot be read as an issue" in ran.err, "Traceback" in ran.err) == (3, True, False)
    assert files(desk) == before
    path.write_bytes(whole)
    assert "2 of 2 actions done" in mended(desk).err
