"""The application as the command line runs it. Imported when a command needs it: it brings everything with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inboxsync.app import App
from inboxsync.config.process import read_environ
from inboxsync.config.settings import load_settings
from inboxsync.system.processes import forbid_core_dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inboxsync.commands.shell import Shell
    from inboxsync.logs import Redactor
    from inboxsync.model.integration import Integration
    from inboxsync.model.secret import Secret
    from inboxsync.model.webhook import Webhook


class CommandLineApp(App):
    """The application, whose every opened password is kept out of logs and messages from then on (P10)."""

    redactor: Redactor

    @classmethod
    def of(cls, shell: Shell) -> CommandLineApp:
        """Put it together from options, environment and settings file. Raises ConfigError with every fault.

        What must be seen once, such as that a key was made, is said with -q too.
        """
        forbid_core_dumps()
        environ = read_environ()
        application = cls(load_settings(environ, shell.options.overrides), environ, tell=shell.streams.note)
        application.redactor = shell.redactor
        return application

    def webhook_secrets(self, webhook: Webhook) -> Sequence[Secret]:
        """Give the signing secrets as `App` does, and hide them."""
        secrets = super().webhook_secrets(webhook)
        for secret in secrets:
            self.redactor.add(secret)
        return secrets

    def secret_of(self, integration: Integration) -> Secret:
        """Give the password as `App` does, and hide it."""
        secret = super().secret_of(integration)
        self.redactor.add(secret, integration.endpoint.username)
        return secret
