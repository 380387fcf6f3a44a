"""Only a checked encryption is used, and the error says what is wrong with any other."""

from __future__ import annotations

import hashlib
import ssl
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devtools.scripted_imap import Cut, ScriptedServer, StartTls
from inboxsync.errors import ConnectionLost, ImapError, ProtocolFault, TlsFailed
from inboxsync.imap.adapter import connect
from inboxsync.imap.tls import make_context, normal_fingerprint
from inboxsync.model.integration import Endpoint, TlsMode
from inboxsync.model.secret import Secret
from tests.unit.imap.support import LIMITS, PASSWORD, Authority, endpoint


def log_in(where: Endpoint) -> frozenset[str]:
    with connect(where, Secret(PASSWORD), LIMITS) as session:
        return session.capabilities


def fingerprint_of(server: ScriptedServer) -> str:
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((server.host, server.port)))
    return hashlib.sha256(der).hexdigest()


def no_login(server: ScriptedServer) -> bool:
    return not {"LOGIN", "AUTHENTICATE"} & set(server.verbs)


def test_a_certificate_of_the_given_authority_is_trusted(authority: Authority) -> None:
    with ScriptedServer(tls=authority.server_context()) as server:
        assert "IMAP4REV1" in log_in(authority.trusting(endpoint(server, TlsMode.IMPLICIT)))


def test_an_unknown_authority_is_refused_before_anything_is_sent(authority: Authority) -> None:
    with ScriptedServer(tls=authority.server_context()) as server:
        with pytest.raises(TlsFailed, match="not trusted here"):
            log_in(endpoint(server, TlsMode.IMPLICIT))
        assert server.commands == []


@pytest.mark.parametrize(
    ("name", "host", "complaint"),
    [
        ("other.example.com", "localhost", "another host name"),
        ("other.example.com", "127.0.0.1", "another IP address"),
    ],
)
def test_a_certificate_for_another_name_is_refused(authority: Authority, name: str, host: str, complaint: str) -> None:
    with ScriptedServer(tls=authority.server_context(name)) as server:
        with pytest.raises(TlsFailed, match=complaint):
            log_in(authority.trusting(endpoint(server, TlsMode.IMPLICIT, host=host)))
        assert server.commands == []


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    context = authority.server_context(not_after=datetime(2020, 1, 1, tzinfo=UTC))
    with ScriptedServer(tls=context) as server, pytest.raises(TlsFailed, match="expired"):
        log_in(authority.trusting(endpoint(server, TlsMode.IMPLICIT)))


def test_an_old_protocol_is_refused(authority: Authority) -> None:
    context = authority.server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with ScriptedServer(tls=context) as server, pytest.raises(TlsFailed, match=r"TLS version"):
        log_in(authority.trusting(endpoint(server, TlsMode.IMPLICIT)))


def test_a_port_without_tls_is_said_so(authority: Authority) -> None:
    with ScriptedServer() as server:
        with pytest.raises(TlsFailed, match="does not speak TLS") as failed:
            log_in(endpoint(server, TlsMode.IMPLICIT))
        assert "starttls" in failed.value.hint


def test_a_connection_closed_in_the_handshake_is_temporary() -> None:
    with ScriptedServer(greeting=Cut()) as server, pytest.raises(ConnectionLost):
        log_in(endpoint(server, TlsMode.IMPLICIT))


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TlsFailed, match=r"ca\.pem"):
        make_context(str(path), pinned=False)


class TestPin:
    def test_the_right_pin_is_enough_for_a_certificate_nobody_signed_for(self, authority: Authority) -> None:
        with ScriptedServer(tls=authority.server_context("wrong.example.com")) as server:
            pin = fingerprint_of(server)
            log_in(replace(endpoint(server, TlsMode.IMPLICIT), pin_sha256=pin.upper()))
            log_in(
                replace(
                    endpoint(server, TlsMode.IMPLICIT), pin_sha256=":".join(pin[i : i + 2] for i in range(0, 64, 2))
                )
            )
            assert "AUTHENTICATE" in server.verbs

    def test_a_wrong_pin_is_refused_even_for_a_trusted_certificate(self, authority: Authority) -> None:
        with ScriptedServer(tls=authority.server_context()) as server:
            where = authority.trusting(endpoint(server, TlsMode.IMPLICIT))
            with pytest.raises(TlsFailed, match=fingerprint_of(server)):
                log_in(replace(where, pin_sha256="0" * 64))
            assert server.commands == []

    def test_holds_for_starttls_too(self, authority: Authority) -> None:
        with ScriptedServer(
            capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN", starttls=authority.server_context()
        ) as server:
            with pytest.raises(TlsFailed, match="pinned"):
                log_in(replace(endpoint(server, TlsMode.STARTTLS), pin_sha256="0" * 64))
            assert no_login(server)

    @pytest.mark.parametrize("pin", ["", "abc", "g" * 64, "0" * 63])
    def test_what_is_no_fingerprint_is_refused(self, pin: str) -> None:
        with pytest.raises(TlsFailed, match="fingerprint"):
            normal_fingerprint(pin)

    def test_a_pin_never_loosens_the_check_without_one(self) -> None:
        context = make_context(None, pinned=False)
        assert context.check_hostname
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert make_context(None, pinned=True).minimum_version >= ssl.TLSVersion.TLSv1_2


class TestStartTls:
    OFFER = "IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR"

    def test_capabilities_from_before_count_no_more(self, authority: Authority) -> None:
        script = [
            ("CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS X-CLEAR\r\n$TAG OK done\r\n"),
            ("CAPABILITY", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n$TAG OK done\r\n"),
        ]
        with ScriptedServer(script, starttls=authority.server_context()) as server:
            assert "X-CLEAR" not in log_in(authority.trusting(endpoint(server, TlsMode.STARTTLS)))
            assert server.verbs[:4] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "AUTHENTICATE"]

    @pytest.mark.parametrize(
        ("script", "complaint"),
        [
            ([("CAPABILITY", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$TAG OK done\r\n")], "no STARTTLS"),
            ([("STARTTLS", b"$TAG NO not today\r\n")], "not today"),
            ([("STARTTLS", b"$TAG BAD what\r\n")], "STARTTLS refused"),
            ([("STARTTLS", StartTls(b"$TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"))], "tampers"),
            ([("STARTTLS", StartTls(b"$TAG OK go\r\nx"))], "tampers"),
            ([("STARTTLS", b"$TAG OK go\r\n" + b" " * 40)], "tampers"),
        ],
        ids=["stripped", "refused", "bad", "injected", "injected half", "no handshake"],
    )
    def test_a_tampered_upgrade_ends_without_login(
        self, authority: Authority, script: list[tuple[str, bytes | StartTls]], complaint: str
    ) -> None:
        with ScriptedServer(script, capabilities=self.OFFER, starttls=authority.server_context()) as server:
            with pytest.raises(TlsFailed, match=complaint):
                log_in(authority.trusting(endpoint(server, TlsMode.STARTTLS)))
            assert no_login(server)

    def test_data_that_arrives_late_breaks_the_handshake(self, authority: Authority) -> None:
        with ScriptedServer([("STARTTLS", b"$TAG OK go\r\n")], capabilities=self.OFFER) as server:
            with pytest.raises(ImapError):
                log_in(authority.trusting(endpoint(server, TlsMode.STARTTLS)))
            assert no_login(server)

    def test_an_answer_before_the_command_is_a_fault(self, authority: Authority) -> None:
        with ScriptedServer(greeting=b"* OK hi\r\nA1 OK go\r\n", capabilities=self.OFFER) as server:
            with pytest.raises(ProtocolFault):
                log_in(authority.trusting(endpoint(server, TlsMode.STARTTLS)))
            assert no_login(server)

    @pytest.mark.parametrize("mode", [TlsMode.STARTTLS, TlsMode.NONE])
    def test_preauth_on_a_clear_connection_is_refused(self, authority: Authority, mode: TlsMode) -> None:
        with ScriptedServer(greeting=b"* PREAUTH welcome\r\n", capabilities=self.OFFER) as server:
            with pytest.raises(TlsFailed, match="PREAUTH"):
                log_in(authority.trusting(endpoint(server, mode)))
            assert server.verbs == ["CAPABILITY"]
