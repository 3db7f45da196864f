"""The JSON that GitHub sends for each thing the fake remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .replies import Json
    from .state import Account, Comment, Issue, Label, Repository, Token

SITE = "https://github.com"
USER_LINKS = ("followers", "subscriptions", "organizations", "repos", "received_events")
REPOSITORY_LINKS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
]


class Documents:
    """Writes documents whose links point to one server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def user(self, account: Account) -> dict[str, Json]:
        """Return a SimpleUser."""
        url = f"{self.url}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": f"U_{account.id}",
            "avatar_url": f"{SITE}/{account.login}.png",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{SITE}/{account.login}",
            "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}",
            "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "events_url": f"{url}/events{{/privacy}}",
            **{f"{name}_url": f"{url}/{name}" for name in USER_LINKS},
            "type": account.kind,
            "site_admin": False,
        }

    def own_user(self, account: Account, since: datetime) -> dict[str, Json]:
        """Return a PublicUser, which is what /user gives a token without the user scope."""
        empty = ("name", "company", "blog", "location", "email", "hireable", "bio")
        numbers = ("public_repos", "public_gists", "followers", "following")
        return {
            **self.user(account),
            **dict.fromkeys(empty),
            **dict.fromkeys(numbers, 0),
            "created_at": moment(since),
            "updated_at": moment(since),
        }

    def issue(self, repository: Repository, issue: Issue, *, with_closer: bool) -> dict[str, Json]:
        """Return an Issue; lists lack `closed_by`."""
        url = self.issue_url(repository, issue)
        assignees = [self.user(account) for account in issue.assignees]
        document = {
            "id": issue.id,
            "node_id": f"I_{issue.id}",
            "url": url,
            "repository_url": self.repository_url(repository),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": self.issue_page(repository, issue),
            "number": issue.number,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.issue_label(repository, name) for name in issue.labels],
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None,
            "locked": issue.locked,
            "active_lock_reason": None,
            "comments": len(issue.comments),
            "closed_at": moment(issue.closed_at),
            "created_at": moment(issue.created_at),
            "updated_at": moment(issue.updated_at),
            "author_association": association(repository, issue.author),
            "sub_issues_summary": sub_issues_summary(repository, issue),
        }
        if issue.parent is not None:
            document["parent_issue_url"] = self.issue_url(repository, repository.issues[issue.parent])
        if issue.is_pull_request:
            document |= {"draft": False, "pull_request": self.pull_request_links(repository, issue)}
        if with_closer:
            document["closed_by"] = None if issue.closed_by is None else self.user(issue.closed_by)
        return document

    def pull_request_links(self, repository: Repository, issue: Issue) -> dict[str, Json]:
        """Return the key that tells a pull request from an issue."""
        page = self.issue_page(repository, issue)
        url = f"{self.repository_url(repository)}/pulls/{issue.number}"
        return {
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": None,
        }

    def comment(self, repository: Repository, issue: Issue, comment: Comment) -> dict[str, Json]:
        """Return an IssueComment."""
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{self.repository_url(repository)}/issues/comments/{comment.id}",
            "html_url": f"{self.issue_page(repository, issue)}#issuecomment-{comment.id}",
            "issue_url": self.issue_url(repository, issue),
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": moment(comment.created_at),
            "updated_at": moment(comment.created_at),
            "author_association": association(repository, comment.author),
        }

    def issue_label(self, repository: Repository, name: str) -> dict[str, Json]:
        """Return a label as it stands inside an issue."""
        label = repository.labels[name.lower()]
        return {
            "id": label.id,
            "node_id": f"LA_{label.id}",
            "url": f"{self.repository_url(repository)}/labels/{label.name}",
            "name": label.name,
            "description": label.description,
            "color": label.color,
            "default": False,
        }

    def label(self, repository: Repository, label: Label) -> dict[str, Json]:
        """Return a Label."""
        return {**self.issue_label(repository, label.name), "archived_at": None, "archived_by": None}

    def repository(self, repository: Repository, *, push: bool) -> dict[str, Json]:
        """Return a FullRepository."""
        url, page = self.repository_url(repository), f"{SITE}/{repository.full_name}"
        open_issues = sum(issue.state == "open" for issue in repository.present_issues())
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": self.user(repository.owner),
            "private": False,
            "html_url": page,
            "url": url,
            **{f"{name}_url": f"{url}/{name}" for name in REPOSITORY_LINKS},
            "git_url": f"git:{page.removeprefix('https:')}.git",
            "ssh_url": f"git@github.com:{repository.full_name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            **dict.fromkeys(("description", "mirror_url", "homepage", "language", "license")),
            **dict.fromkeys(("fork", "archived", "disabled", "has_projects", "has_wiki", "has_pages"), False),
            **dict.fromkeys(("forks_count", "stargazers_count", "watchers_count", "size", "forks"), 0),
            **dict.fromkeys(("watchers", "subscribers_count", "network_count"), 0),
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), moment(repository.created_at)),
            **dict.fromkeys(("open_issues", "open_issues_count"), open_issues),
            "has_issues": repository.has_issues,
            "has_discussions": False,
            "default_branch": repository.default_branch,
            "permissions": {"admin": False, "push": push, "pull": True},
        }

    def commit(self, repository: Repository, sha: str) -> dict[str, Json]:
        """Return a Commit without parents or files."""
        url = self.repository_url(repository)
        person = {
            "name": repository.owner.login,
            "email": f"{repository.owner.login}@example.com",
            "date": moment(repository.created_at),
        }
        return {
            "sha": sha,
            "node_id": f"C_{sha}",
            "url": f"{url}/commits/{sha}",
            "html_url": f"{SITE}/{repository.full_name}/commit/{sha}",
            "comments_url": f"{url}/commits/{sha}/comments",
            "commit": {
                "url": f"{url}/git/commits/{sha}",
                "message": "Change the declared keys",
                "author": person,
                "committer": person,
                "comment_count": 0,
                "tree": {"sha": sha, "url": f"{url}/git/trees/{sha}"},
            },
            "author": self.user(repository.owner),
            "committer": self.user(repository.owner),
            "parents": [],
        }

    def repository_url(self, repository: Repository) -> str:
        """Return the API address of a repository."""
        return f"{self.url}/repos/{repository.full_name}"

    def issue_url(self, repository: Repository, issue: Issue) -> str:
        """Return the API address of an issue."""
        return f"{self.repository_url(repository)}/issues/{issue.number}"

    def issue_page(self, repository: Repository, issue: Issue) -> str:
        """Return the address at which people read an issue."""
        return f"{SITE}/{repository.full_name}/{'pull' if issue.is_pull_request else 'issues'}/{issue.number}"


def rate_limit(token: Token, now: datetime) -> dict[str, int]:
    """Return a RateLimit."""
    remaining = token.remaining(now)
    reset = int((token.reset or now).timestamp())
    return {"limit": token.limit, "used": min(token.used, token.limit), "remaining": remaining, "reset": reset}


def rate_limits(token: Token, now: datetime) -> dict[str, Json]:
    """Return a RateLimitOverview."""
    core = rate_limit(token, now)
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
    return {"resources": {"core": core, "search": search}, "rate": core}


def sub_issues_summary(repository: Repository, issue: Issue) -> dict[str, int]:
    """Return a SubIssuesSummary."""
    total = len(issue.sub_issues)
    completed = sum(repository.issues[number].state == "closed" for number in issue.sub_issues)
    return {"total": total, "completed": completed, "percent_completed": 100 * completed // total if total else 0}


def association(repository: Repository, account: Account) -> str:
    """Return what an author is to the repository."""
    return "COLLABORATOR" if account.login.lower() in repository.collaborators else "NONE"


def moment(when: datetime | None) -> str | None:
    """Return a time as GitHub writes it."""
    return None if when is None else when.strftime("%Y-%m-%dT%H:%M:%SZ")
