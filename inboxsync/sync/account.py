"""One integration in one run: log in, walk its folders, tell how it went. Its failure costs only itself (P7)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inboxsync.errors import (
    EXIT_BUG,
    EXIT_OK,
    FolderMissing,
    ImapError,
    InboxsyncError,
    ServerUnavailable,
)
from inboxsync.model.report import Counts, ErrorInfo, FolderReport, IntegrationReport, PlanKind, RunStatus
from inboxsync.model.roles import role_of
from inboxsync.sync.context import Budget, Interrupted, Tools
from inboxsync.sync.ingest import Policy
from inboxsync.sync.pipeline import FolderRun
from inboxsync.sync.plan import Note
from inboxsync.sync.preview import preview_folder
from inboxsync.sync.retry import try_again
from inboxsync.sync.standing import PARTIAL_ALONE, error_info, hint_of

if TYPE_CHECKING:
    from inboxsync.imap.session import Session
    from inboxsync.model.integration import Integration

LOG = logging.getLogger(__name__)
PARTIAL_VIEW = ErrorInfo(
    code="partial_view",
    message="the server shows only part of this mailbox",
    hint="what it shows is stored; ask the provider for full access",
)


@dataclass(slots=True)
class AccountRun:
    """The work on one integration. `run()` never raises what the outside world caused: it reports it."""

    tools: Tools
    integration: Integration
    budget: Budget
    dry_run: bool = False
    retry_after_s: float | None = None
    _folders: dict[str, FolderReport] = field(default_factory=dict)
    _is_logged_in: bool = False

    def run(self) -> IntegrationReport:
        """Do it all and report."""
        try:
            policy = self._policy()
            try_again(lambda: self._session_work(policy), may_go_on=self._may_go_on, pause=self.tools.pause)
        except InboxsyncError as error:
            if self.tools.stopped() and isinstance(error, ImapError):
                error = Interrupted("the run was stopped")
            self.retry_after_s = hint_of(error)
            LOG.debug("integration_failed", extra={"integration": self.integration.name, "code": error.code})
            return self._report(error_info(error))
        except Exception as error:  # the one broad place: a bug in one account's work costs one account (P7)
            LOG.exception("internal_error", extra={"integration": self.integration.name})
            return self._report(_bug(error))
        return self._report(self._folder_fault())

    def _may_go_on(self, failure: InboxsyncError) -> bool:
        """Whether to begin again: not where a login was answered with "not now", for each further one prolongs that."""
        was_put_off = isinstance(failure, ServerUnavailable) and not self._is_logged_in
        return not was_put_off and not self.tools.stopped() and self.budget.remaining_s() > 0

    def _policy(self) -> Policy:
        """Compile filter and rules; raises FilterInvalid, and then nothing is filtered or taken (fail closed)."""
        policy = Policy(
            integration=self.integration,
            max_message_bytes=self.tools.limits.max_message_bytes,
            trusted_authserv_ids=self.tools.trusted_authserv_ids,
        )
        if not self.integration.filter_json and not self.integration.rules_json:
            return policy
        company = self.integration.company
        company_id = None if company is None else self.tools.store.control.company_id(company)
        return replace(_with_rules(policy, self.tools.monotonic_s), company_id=company_id)

    def _session_work(self, policy: Policy) -> None:
        self.budget.check()
        self._is_logged_in = False
        secret = self.tools.secret_of(self.integration)
        limits = replace(
            self.tools.limits.session,
            session_timeout_s=self.budget.remaining_s(),
            stopped=self.tools.stopped,
            max_literal_bytes=max(self.tools.limits.session.max_literal_bytes, 2 * policy.max_message_bytes),
        )
        with self.tools.open_session(self.integration, secret, limits) as session:
            self._is_logged_in = True
            for name in self._names(session):
                self._one_folder(session, policy, name)

    def _names(self, session: Session) -> Iterable[str]:
        """Answer the folders as the server names them; only settings that are roles, or may be, take a listing."""
        settings = self.integration.folders
        return settings if all(role_of(one) is None for one in settings) else self._with_roles(session, settings)

    def _with_roles(self, session: Session, settings: Sequence[str]) -> Iterator[str]:
        from inboxsync.sync.folder_choice import choose_folders, keep_role  # few accounts have roles

        integration = self.integration
        names = functools.partial(self.tools.folder_names, integration)
        chosen, listed = choose_folders(settings, session.list_folders, names)
        for one in chosen:
            if one.error is not None:
                report = FolderReport(one.name, None, PlanKind.NOTHING_NEW, error=error_info(one.error))
                self._keep(one.name, report)
                continue
            if not self.dry_run:
                keep_role(self.tools.store, integration.id or 0, one, listed)
            yield one.name

    def _one_folder(self, session: Session, policy: Policy, name: str) -> None:
        """A missing folder costs that folder; whatever concerns the connection or the store ends the integration."""
        self.budget.check()
        if self.dry_run:
            preview = preview_folder(self.tools.store, session, policy, name, self.budget)
            self._folders[name] = preview.report()
            return
        run = FolderRun(self.tools, session, policy, self.budget, name)
        fault = None
        try:
            run.run()
            fault = _fault_of(run)
        except FolderMissing as error:
            fault = error_info(error)
        finally:
            self._keep(name, replace(run.report(), error=fault))

    def _keep(self, name: str, report: FolderReport) -> None:
        """Add up the tries of a run that was begun twice; the later plan is the one that held."""
        before = self._folders.get(name)
        counts = report.counts
        if before is not None:
            counts = replace(before.counts + counts, pending=counts.pending)
        self._folders[name] = replace(report, counts=counts, plan=before.plan if before else report.plan)

    def _folder_fault(self) -> ErrorInfo | None:
        return next((folder.error for folder in self._folders.values() if folder.error), None)

    def _report(self, error: ErrorInfo | None) -> IntegrationReport:
        folders = tuple(self._folders.values())
        counts = sum((folder.counts for folder in folders), Counts())
        status = _status(error, folders, counts)
        return IntegrationReport(
            name=self.integration.name,
            status=status,
            error=error,
            counts=counts,
            folders=folders,
            exit_code=error.exit_code if error else EXIT_OK,
        )


def _fault_of(run: FolderRun) -> ErrorInfo | None:
    if run.plan and Note.PARTIAL_VIEW in run.plan.notes:
        return PARTIAL_VIEW
    return error_info(run.refusal) if run.refusal else None


def _status(error: ErrorInfo | None, folders: tuple[FolderReport, ...], counts: Counts) -> RunStatus:
    """Partial: something was done and something was not, or a message was set aside (design §5)."""
    if error is None:
        return RunStatus.PARTIAL if counts.quarantined else RunStatus.SUCCESS
    if error.code in PARTIAL_ALONE:
        return RunStatus.PARTIAL
    did_something = any(folder.error is None for folder in folders) and (
        counts.fetched or counts.listed or any(folder.error for folder in folders)
    )
    return RunStatus.PARTIAL if did_something else RunStatus.ERROR


def _with_rules(policy: Policy, monotonic_s: Callable[[], float]) -> Policy:
    from inboxsync.rules.decode import decode_filter, decode_rules
    from inboxsync.rules.evaluate import compile_filter, compile_rules

    integration = policy.integration
    node = decode_filter(integration.filter_json) if integration.filter_json else None
    rules = decode_rules(integration.rules_json) if integration.rules_json else ()
    return replace(
        policy,
        filter=None if node is None else compile_filter(node, monotonic=monotonic_s),
        rules=compile_rules(rules, monotonic=monotonic_s) if rules else None,
    )


def _bug(error: Exception) -> ErrorInfo:
    return ErrorInfo(
        code="internal",
        message=f"a fault of inboxsync itself ({type(error).__name__})",
        hint="run again with --debug and report the traceback; nothing is lost",
        exit_code=EXIT_BUG,
    )
