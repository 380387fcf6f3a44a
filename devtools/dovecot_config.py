"""What a private Dovecot is told: one file of settings, an authority and a certificate of its own."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import trustme

HOST = "127.0.0.1"


def write_certificates(directory: Path) -> None:
    """Make an authority (ca.pem) and a certificate that it signed for localhost and 127.0.0.1 (server.pem and .key)."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", HOST)
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(directory / "server.pem"))
    certificate.private_key_pem.write_to_path(str(directory / "server.key"))
    (directory / "server.key").chmod(0o600)


def make_config(directory: Path, port: int, tls_port: int, namespace: tuple[str, str], clear_logins: bool) -> str:
    """Write the whole configuration of one instance; `namespace` is prefix and separator of the personal one."""
    prefix, separator = namespace
    return _TEMPLATE.format(
        directory=directory,
        port=port,
        tls_port=tls_port,
        prefix=prefix,
        separator=separator,
        disable_plaintext="no" if clear_logins else "yes",
        login_service_rights="" if os.geteuid() == 0 else "chroot =",
        users=_users_as_root() if os.geteuid() == 0 else _users_as_oneself(),
        host=HOST,
    )


def _users_as_root() -> str:
    return "default_internal_user = dovecot\ndefault_login_user = dovenull\n"


def _users_as_oneself() -> str:
    name = pwd.getpwuid(os.geteuid()).pw_name
    return f"default_internal_user = {name}\ndefault_internal_group =\ndefault_login_user = {name}\n"


# fsync off: a power loss may take test mail. first_valid_uid 1: the owner may be any system account. No penalty: it
# would make everybody on this host wait after the wrong passwords of one test.
_TEMPLATE = """
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/dovecot.log
protocols = imap
listen = {host}
{users}
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 200
auth_mechanisms = plain login
disable_plaintext_auth = {disable_plaintext}
auth_failure_delay = 0
ssl = yes
ssl_cert = <{directory}/server.pem
ssl_key = <{directory}/server.key
ssl_min_protocol = TLSv1.2
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {directory}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {directory}/users/%u
}}
service imap-login {{
  {login_service_rights}
  service_count = 0
  process_min_avail = 1
  client_limit = 500
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {login_service_rights}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  {login_service_rights}
}}
service stats {{
  {login_service_rights}
}}
"""
