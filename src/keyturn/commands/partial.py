"""What is wrong in some of the rotations, without reading the others.

What one file says by itself is judged as ever. What files claim of each other is looked for only where a change claims
an id that the changed files did not have before: then git names the files in which that name occurs.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from keyturn.commands import shipped, sweep
from keyturn.commands.scope import Found, Scope
from keyturn.files import plain, tree
from keyturn.history import difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from keyturn.history.difference import Change
    from keyturn.model import Problem

    Claim = tuple[str, bool]  # an id, and whether it is a former one

FOLDER = "rotations"
_MANY = 2000  # files; reading all is as fast
_WORDS = 500  # in one call
_LARGEST = 1 << 20
_ESCAPE = "\\"  # with which a name may be written so that it is not found


def found(root: Path, today: date, scope: Scope, changes: Sequence[Change]) -> Found | str:
    """Find everything that is wrong in the changed files of a scope, or say why all have to be read."""
    there = sorted(f"{root}{os.sep}{each.path}" for each in changes if each.is_there)
    listing = tree.Listing(tree.Run(os.path.dirname(path), [os.path.basename(path)]) for path in there)  # noqa: PTH119, PTH120 - texts, as `tree` has them
    names = {tree.named(each.path) for each in changes}
    takes = scope.takes
    only = Scope(
        lambda path: path in names and (takes is None or takes(path)),
        is_between=False,
        only=listing,
    )
    alone = sweep.found(root, today, only)
    if not scope.is_between:
        return alone
    now = _claimed(tree.content(path, _LARGEST) or b"" for path in there)
    before = [each.before for each in changes if each.before]
    anew = set(now - _claimed(difference.texts(root, before))) if now and before else set(now)
    if not anew:
        return alone
    candidates = _candidates(root, anew)
    if isinstance(candidates, str):
        return candidates
    if {*candidates} <= {*there} and len({id_ for id_, _ in now}) == now.total():
        return alone
    problems = _between(root, today, sorted({*there, *candidates}))
    shared = (each for each in problems if each.path in names and (scope.shared is None or scope.shared(each.path)))
    return Found(sorted([*alone.problems, *shared]), alone.files)


def _between(root: Path, today: date, paths: Sequence[str]) -> Iterator[Problem]:
    from keyturn.commands.judgement import Judge

    yield from Judge(root, today, shipped.schemas(), ()).between(paths)


# -- ids -----------------------------------------------------------------------------------------------------------


def _claimed(contents: Iterable[bytes]) -> Counter[Claim]:
    return Counter(claim for content in contents for claim in _claims(content))


def _claims(content: bytes) -> Iterator[Claim]:
    """Give the ids that a rotation claims; one that does not fit claims nothing."""
    document = _document(content)
    if shipped.schemas().fits("rotation", document):
        yield f"{document['provider']}/{document['key']}", False
        yield from ((former, True) for former in document.get("formerly") or ())


def _document(content: bytes) -> Any:  # noqa: ANN401 - a document
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if (data := plain.data(text)) is not plain.OTHER:
        return data
    from keyturn import files

    document = files.document(text, "")
    return None if isinstance(document, tuple) else document.data


def _candidates(root: Path, claims: set[Claim]) -> list[str] | str:
    """Return the files that may claim one of these ids, or say why all have to be read."""
    words = sorted({id_.rpartition("/")[2] for id_, _ in claims})
    if len(words) > _WORDS:
        return f"{len(words):,} ids are new"
    named = [path for path in difference.mentioning(root, [*words, _ESCAPE], FOLDER) if path.endswith(tree.ENDINGS)]
    if len(named) > _MANY:
        return f"the names of the new ids occur in {len(named):,} of them"
    return [f"{root}{os.sep}{path}" for path in named]
