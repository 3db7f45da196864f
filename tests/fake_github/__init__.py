"""A stateful GitHub on loopback for tests, held against GitHub's own models, with a schedule of faults."""

from .contract import Violation
from .fake import BOT, FakeGitHub, Snapshot
from .faults import Kind, graphql_exhausted
from .replies import RefusedError, Reply
from .routing import Call, Route
from .service import Recorded, Unexpected
from .state import Access, Comment, Commit, Issue, Pull, Repository, Review, Run

__all__ = [
    "BOT",
    "Access",
    "Call",
    "Comment",
    "Commit",
    "FakeGitHub",
    "Issue",
    "Kind",
    "Pull",
    "Recorded",
    "RefusedError",
    "Reply",
    "Repository",
    "Review",
    "Route",
    "Run",
    "Snapshot",
    "Unexpected",
    "Violation",
    "graphql_exhausted",
]
