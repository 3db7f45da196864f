"""What GitHub answers about a repository's settings, as far as a token may read them: the routes that only read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from . import evidence, listing, views
from .documents import SITE, moment
from .replies import DOCS, Json, RefusedError, Reply, moved, not_found, refusal
from .routing import Call, Route, View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .state import Run

REPOSITORY = views.REPOSITORY
RULES = "RepositoryRuleDetailedOneof7/RepositoryRuleDetailedOneof8/RepositoryRuleDetailedOneof9[]"
ENVIRONMENTS = "ReposOwnerRepoEnvironmentsGetResponse200"
POLICIES = "ReposOwnerRepoEnvironmentsEnvironmentNameDeploymentBranchPoliciesGetResponse200"
RUNS = "ReposOwnerRepoActionsWorkflowsWorkflowIdRunsGetResponse200"
NEVER_OF_WORKFLOWS = frozenset({"administration", "secrets"})  # what the token of a workflow cannot be given
ROLES = ("pull", "triage", "push", "maintain", "admin")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What guards an environment: who approves its use, and the branches that may use it; None for all."""

    reviewers: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    is_for_protected: bool = False


@dataclass(slots=True)
class Settings:
    """The settings of every repository of a fake; `denied` names permissions that no token has."""

    denied: set[str] = field(default_factory=set)  # metadata, issues, contents, actions, secrets, administration
    scopes: str | None = "repo, workflow"  # of a person's token
    expires: str | None = None
    role: str = "admin"
    is_archived: bool = False
    is_private: bool = False
    is_moved: bool = False
    has_rules: bool = True  # the free plan has none for private repositories
    default_permissions: str = "read"
    may_open_pulls: bool = True
    rules: list[dict[str, Json]] = field(default_factory=list)
    classic: dict[str, Json] | None = None
    complaints: list[dict[str, Json]] | None = field(default_factory=list)
    environments: dict[str, Surroundings] = field(default_factory=dict)
    workflows: dict[str, str] = field(default_factory=dict)  # file name → state
    runs: list[Run] = field(default_factory=list)  # the newest first
    writers: tuple[str, ...] = ("alice",)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes, to be preferred by a fake to its own ones."""
        return (
            Route("GET", "/user", self._user, sends="PublicUser"),
            self._route("", "metadata", self._repository, "FullRepository"),
            replace(
                self._route("/issues", "issues", views.list_issues, "Issue[]", listing.ISSUE_QUERY), is_issue_list=True
            ),
            self._route("/labels", "issues", views.list_labels, "Label[]", listing.PAGE_QUERY),
            self._route("/collaborators", "metadata", self._collaborators, "Collaborator[]", frozenset({"permission"})),
            self._route("/actions/secrets", "secrets", _secrets, "ReposOwnerRepoActionsSecretsGetResponse200"),
            self._route(
                "/actions/permissions/workflow",
                "administration",
                self._defaults,
                "ActionsGetDefaultWorkflowPermissions",
            ),
            self._route("/rules/branches/{branch}", "metadata", self._rules, RULES),
            self._route("/branches/{branch}/protection", "administration", self._protection, "ProtectedBranch"),
            self._route("/branches/{branch}", "contents", self._branch, "BranchWithProtection"),
            self._route("/codeowners/errors", "contents", self._complaints, "CodeownersErrors"),
            self._route("/environments", "actions", self._environments, ENVIRONMENTS),
            self._route("/environments/{environment}/deployment-branch-policies", "actions", self._policies, POLICIES),
            self._route("/actions/workflows/{file}", "actions", self._workflow, "Workflow"),
            self._route("/actions/workflows/{file}/runs", "actions", self._runs, RUNS, frozenset({"event"})),
        )

    def _route(self, path: str, permission: str, view: View, sends: str, query: frozenset[str] = frozenset()) -> Route:
        def guarded(call: Call) -> Reply:
            self._insist(permission, call)
            return view(call)

        return Route("GET", f"{REPOSITORY}{path}", guarded, sends=sends, query=query | listing.PAGE_QUERY)

    def _insist(self, permission: str, call: Call) -> None:
        """Refuse as GitHub does: a repository that may not be seen does not exist."""
        kind = "integration" if call.token.installation else "personal access token"
        never = NEVER_OF_WORKFLOWS if call.token.installation else frozenset[str]()
        if permission not in self.denied | never:
            return
        if permission == "metadata":
            raise not_found()
        document = {"message": f"Resource not accessible by {kind}", "documentation_url": DOCS, "status": "403"}
        raise RefusedError(Reply(403, document, {"X-Accepted-GitHub-Permissions": f"{permission}=read"}))

    # -- the token and the repository ----------------------------------------------------------------------------------

    def _user(self, call: Call) -> Reply:
        scoped = {} if self.scopes is None else {"X-OAuth-Scopes": self.scopes}
        dated = {} if self.expires is None else {"GitHub-Authentication-Token-Expiration": self.expires}
        return replace(views.show_user(call), headers={**scoped, **dated})

    def _repository(self, call: Call) -> Reply:
        if self.is_moved:
            raise moved(f"{call.documents.url}/repositories/{call.repository.id}")
        shown = views.show_repository(call).document
        held = ROLES[: ROLES.index(self.role) + 1]
        may = {role: role in held for role in ROLES}
        return Reply(200, {**shown, "archived": self.is_archived, "private": self.is_private, "permissions": may})

    def _collaborators(self, call: Call) -> Reply:
        people = [call.documents.user(call.state.account(login)) for login in self.writers]
        return Reply(200, [{**person, "role_name": "write"} for person in people])

    # -- protection ----------------------------------------------------------------------------------------------------

    def _defaults(self, _: Call) -> Reply:
        permissions = {"default_workflow_permissions": self.default_permissions}
        return Reply(200, {**permissions, "can_approve_pull_request_reviews": self.may_open_pulls})

    def _rules(self, _: Call) -> Reply:
        if not self.has_rules:
            raise refusal(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
        return Reply(200, self.rules)

    def _protection(self, _: Call) -> Reply:
        if self.classic is None:
            document = {"message": "Branch not protected", "documentation_url": DOCS, "status": "404"}
            raise RefusedError(Reply(404, document))
        return Reply(200, {"url": f"{SITE}/protection", **self.classic})

    def _branch(self, call: Call) -> Reply:
        repository, name = call.repository, call.parameters["branch"]
        url = f"{call.documents.repository_url(repository)}/branches/{name}"
        commit = call.documents.commit(repository, repository.refs[name])
        links = {"self": url, "html": url}
        return Reply(
            200,
            {
                "name": name,
                "commit": commit,
                "_links": links,
                "protected": self.classic is not None,
                "protection": {"enabled": self.classic is not None},
                "protection_url": f"{url}/protection",
            },
        )

    def _complaints(self, _: Call) -> Reply:
        if self.complaints is None:
            raise not_found()
        return Reply(200, {"errors": self.complaints})

    # -- environments --------------------------------------------------------------------------------------------------

    def _environments(self, call: Call) -> Reply:
        found = [_environment(call, name, each) for name, each in self.environments.items()]
        return Reply(200, {"total_count": len(found), "environments": found})

    def _policies(self, call: Call) -> Reply:
        branches = self.environments[call.parameters["environment"]].branches or ()
        policies = [{"id": id_, "name": name, "type": "branch"} for id_, name in enumerate(branches)]
        return Reply(200, {"total_count": len(policies), "branch_policies": policies})

    # -- workflows -----------------------------------------------------------------------------------------------------

    def _workflow(self, call: Call) -> Reply:
        name = call.parameters["file"]
        if name not in self.workflows:
            raise not_found()
        url, made = f"{SITE}/{call.repository.full_name}/actions/{name}", moment(call.repository.created_at)
        plain = {"id": 1, "node_id": "W_1", "name": name, "path": f".github/workflows/{name}"}
        links = dict.fromkeys(("url", "html_url", "badge_url"), url)
        state = self.workflows[name]
        return Reply(200, {**plain, **links, "state": state, "created_at": made, "updated_at": made})

    def _runs(self, call: Call) -> Reply:
        shown, _ = listing.numbered_page(
            [
                run
                for run in self.runs
                if run.event == call.query["event"] and run.path.endswith(f"/{call.parameters['file']}")
            ],
            call.query,
        )
        runs = [evidence.run_document(call, run) for run in shown]
        return Reply(200, {"total_count": len(self.runs), "workflow_runs": runs})


def _secrets(_: Call) -> Reply:
    return Reply(200, {"total_count": 0, "secrets": []})


def _environment(call: Call, name: str, found: Surroundings) -> dict[str, Json]:
    url, made = f"{SITE}/environments/{name}", moment(call.repository.created_at)
    people = [{"type": "User", "reviewer": call.documents.user(call.state.account(login))} for login in found.reviewers]
    asked = {"id": 1, "node_id": "GA_1", "type": "required_reviewers", "reviewers": people}
    is_custom = found.branches is not None
    limits = {"protected_branches": found.is_for_protected, "custom_branch_policies": is_custom}
    return {
        "id": 1,
        "node_id": "EN_1",
        "name": name,
        "url": url,
        "html_url": url,
        "created_at": made,
        "updated_at": made,
        "protection_rules": [asked] if people else [],
        "deployment_branch_policy": limits if is_custom or found.is_for_protected else None,
    }


# -- rules as GitHub writes them -------------------------------------------------------------------------------------


def pull_rule(approvals: int = 1, *, owners: bool = True) -> dict[str, Json]:
    """Return the rule "Require a pull request before merging"."""
    no = ("dismiss_stale_reviews_on_push", "require_last_push_approval", "required_review_thread_resolution")
    asked = {"required_approving_review_count": approvals, "require_code_owner_review": owners}
    return {"type": "pull_request", "parameters": {**dict.fromkeys(no, False), **asked}}


def check_rule(*names: str) -> dict[str, Json]:
    """Return the rule "Require status checks to pass"."""
    checks = [{"context": name} for name in names]
    parameters = {"required_status_checks": checks, "strict_required_status_checks_policy": False}
    return {"type": "required_status_checks", "parameters": parameters}


FORCE_RULE: Mapping[str, Json] = {"type": "non_fast_forward"}


def classic(approvals: int = 1, *, owners: bool = True, checks: tuple[str, ...] = ("check",)) -> dict[str, Json]:
    """Return the older protection of a branch."""
    asked = {
        "url": f"{SITE}/reviews",
        "dismiss_stale_reviews": False,
        "require_code_owner_reviews": owners,
        "required_approving_review_count": approvals,
    }
    url = f"{SITE}/checks"
    checked = {"url": url, "strict": False, "contexts": list(checks), "checks": [], "contexts_url": url}
    return {
        "required_pull_request_reviews": asked,
        "required_status_checks": checked,
        "allow_force_pushes": {"enabled": False},
    }
