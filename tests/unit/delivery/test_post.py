"""The sender against real sockets of this machine: what an endpoint may do to us, and what it may not."""

import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import trustme

from devtools.webhook_receiver import (
    ENDLESS_CONTINUES,
    HOST,
    HUGE_BODY,
    HUGE_HEAD,
    LYING_LENGTH,
    NO_ANSWER,
    NOT_HTTP,
    DeadEndpoint,
    Receiver,
    Reply,
    closed_port,
)
from inboxsync.delivery.post import Outgoing, PostLimits, SocketAddress, post
from inboxsync.delivery.retry import Answer, Fault, FaultKind
from inboxsync.delivery.target import Target, read_target

SHORT = PostLimits(resolve_s=0.3, connect_s=0.3, total_s=0.3)


def to(url: str, *, allow_private: bool = True, ca_file: str | None = None, body: bytes = b"{}") -> Outgoing:
    return Outgoing(read_target(url, allow_http=True), {"webhook-id": "evt_1"}, body, allow_private, ca_file)


def fault(answer: Answer | Fault) -> FaultKind:
    assert isinstance(answer, Fault), answer
    return answer.kind


class Resolver:
    """Answers addresses in turn, as the name server of an attacker does, and counts how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, port: int) -> Sequence[SocketAddress]:
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            (socket.AF_INET6, (one, port, 0, 0)) if ":" in one else (socket.AF_INET, (one, port)) for one in addresses
        ]


# --- what arrives --------------------------------------------------------------------------------------------------


def test_a_post_arrives_whole_and_its_status_comes_back() -> None:
    with Receiver(Reply(202)) as receiver:
        answer = post(to(receiver.url + "?a=b", body=b'{"id": 1}'))
    assert answer == Answer(202)
    (received,) = receiver.received
    assert (received.path, received.body) == ("/hooks/mail?a=b", b'{"id": 1}')
    assert received.headers["host"] == f"{HOST}:{receiver.port}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["webhook-id"] == "evt_1"


def test_the_wish_to_be_asked_later_comes_back() -> None:
    with Receiver(Reply(503, {"Retry-After": "120"})) as receiver:
        assert post(to(receiver.url)) == Answer(503, "120")


def test_a_header_cannot_be_smuggled_in() -> None:
    with Receiver() as receiver, pytest.raises(ValueError, match="Invalid header value"):
        post(Outgoing(read_target(receiver.url, allow_http=True), {"webhook-id": "1\r\nX: y"}, b"", True))
    assert not receiver.received


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_at_a_forbidden_address_is_never_connected_to(address: str) -> None:
    with Receiver() as receiver:
        target = Target(False, "crm.example.com", receiver.port, "/")
        answer = post(Outgoing(target, {}, b"{}"), resolve=Resolver([address]))
    assert fault(answer) is FaultKind.FORBIDDEN
    assert not receiver.received


def test_one_forbidden_address_forbids_the_name() -> None:
    resolver = Resolver(["93.184.215.14", "127.0.0.1"])
    answer = post(Outgoing(Target(False, "crm.example.com", 80, "/"), {}, b"{}"), resolve=resolver)
    assert fault(answer) is FaultKind.FORBIDDEN


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_once() -> None:
    # A rebinding name server would answer another address the second time.
    resolver = Resolver([HOST], ["203.0.113.1"])
    with Receiver() as receiver:
        target = Target(False, "crm.example.com", receiver.port, "/")
        answer = post(Outgoing(target, {}, b"{}", allow_private=True), resolve=resolver)
    assert (answer, resolver.asked) == (Answer(200), 1)
    assert receiver.received[0].headers["host"] == f"crm.example.com:{receiver.port}"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1"])
def test_odd_spellings_of_this_machine_are_judged_by_what_they_mean(host: str) -> None:
    with Receiver() as receiver:
        answer = post(to(f"http://{host}:{receiver.port}/", allow_private=False))
    assert fault(answer) in (FaultKind.FORBIDDEN, FaultKind.UNREACHABLE)  # systems differ in what they take
    assert not receiver.received


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    with Receiver() as receiver:
        target = Target(False, "crm.example.com", receiver.port, "/")
        answer = post(Outgoing(target, {}, b"{}", allow_private=True), resolve=Resolver(["127.0.0.2", HOST]))
    assert answer == Answer(200)


def test_a_resolver_that_never_answers_costs_its_time_and_no_more() -> None:
    released = threading.Event()

    def silent(_host: str, _port: int) -> Sequence[SocketAddress]:
        released.wait(10)
        return []

    answer = post(Outgoing(Target(True, "crm.example.com", 443, "/"), {}, b""), limits=SHORT, resolve=silent)
    released.set()
    assert fault(answer) is FaultKind.UNREACHABLE


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve(error: Exception) -> None:
    def refuse(_host: str, _port: int) -> Sequence[SocketAddress]:
        raise error

    answer = post(Outgoing(Target(True, "crm.example.com", 443, "/secret"), {}, b""), resolve=refuse)
    assert answer == Fault(FaultKind.UNREACHABLE, "the name crm.example.com does not resolve")


# --- bad endpoints -------------------------------------------------------------------------------------------------


def test_nobody_listens() -> None:
    assert fault(post(to(f"http://{HOST}:{closed_port()}/"))) is FaultKind.UNREACHABLE


def test_silence_ends_at_the_deadline() -> None:
    with DeadEndpoint() as endpoint:
        assert fault(post(to(endpoint.url), limits=SHORT)) is FaultKind.TIMEOUT


def test_a_slow_answer_ends_at_the_deadline() -> None:
    with Receiver(Reply(wait_s=5)) as receiver:
        assert fault(post(to(receiver.url), limits=SHORT)) is FaultKind.TIMEOUT


def test_a_drip_of_octets_does_not_prolong_the_deadline() -> None:
    with Receiver(Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, drip_s=0.02)) as receiver:
        assert fault(post(to(receiver.url), limits=SHORT)) is FaultKind.TIMEOUT


def test_a_redirect_is_not_followed() -> None:
    with Receiver() as elsewhere, Receiver(Reply(307, {"Location": elsewhere.url})) as receiver:
        assert post(to(receiver.url)) == Answer(307)
    assert not elsewhere.received


@pytest.mark.parametrize("reply", [HUGE_HEAD, ENDLESS_CONTINUES, NOT_HTTP])
def test_what_is_not_http_or_never_ends_is_a_fault(reply: Reply) -> None:
    with Receiver(reply) as receiver:
        assert fault(post(to(receiver.url))) is FaultKind.PROTOCOL


@pytest.mark.parametrize("reply", [HUGE_BODY, LYING_LENGTH])
def test_of_the_body_nothing_is_read(reply: Reply) -> None:
    with Receiver(reply) as receiver:
        assert post(to(receiver.url)) == Answer(200)


def test_an_endpoint_that_closes_without_a_word() -> None:
    with Receiver(NO_ANSWER) as receiver:
        assert fault(post(to(receiver.url))) is FaultKind.UNREACHABLE


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(to(receiver.url)) == Answer(200)
    assert not proxy.received


# --- TLS -----------------------------------------------------------------------------------------------------------


def certificate(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def tls_post(receiver: Receiver, ca_file: str | None, host: str = "crm.example.com") -> Answer | Fault:
    target = Target(True, host, receiver.port, "/hooks")
    return post(Outgoing(target, {}, b"{}", allow_private=True, ca_file=ca_file), resolve=Resolver([HOST]))


def test_a_certificate_for_the_name_is_taken_though_the_address_is_pinned(authority: trustme.CA, ca_file: str) -> None:
    with Receiver(certificate=certificate(authority, "crm.example.com")) as receiver:
        assert tls_post(receiver, ca_file) == Answer(200)


def test_a_certificate_for_another_name_or_of_nobody_we_trust_is_not(authority: trustme.CA, ca_file: str) -> None:
    with Receiver(certificate=certificate(authority, "evil.example")) as receiver:
        assert fault(tls_post(receiver, ca_file)) is FaultKind.TLS
    with Receiver(certificate=certificate(authority, "crm.example.com")) as receiver:
        assert fault(tls_post(receiver, None)) is FaultKind.TLS
    assert not receiver.received


def test_an_endpoint_that_speaks_no_tls(ca_file: str) -> None:
    with Receiver() as receiver:
        assert fault(tls_post(receiver, ca_file)) in (FaultKind.TLS, FaultKind.UNREACHABLE)
    assert not receiver.received


def test_a_ca_file_that_is_gone_is_named(authority: trustme.CA, tmp_path: Path) -> None:
    with Receiver(certificate=certificate(authority, "crm.example.com")) as receiver:
        answer = tls_post(receiver, str(tmp_path / "gone.pem"))
    assert answer == Fault(FaultKind.TLS, "the CA file of this webhook cannot be read")
