"""What a service is told and tells: signals that ask it to end, and words to the service manager."""

from __future__ import annotations

import sys

from inboxsync.system import IS_WINDOWS

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from collections.abc import Callable

NOTIFY_TIMEOUT_S = 0.2


def on_terminate(handler: Callable[[], None]) -> None:
    """Call `handler` once on SIGTERM, SIGINT or (Windows) Ctrl-Break; a second signal ends the process as usual.

    A signal that the parent had us ignore (nohup, `&` in a shell) stays ignored. Raises ValueError off the main thread.
    """
    import signal

    names = ("SIGTERM", "SIGINT", "SIGBREAK") if IS_WINDOWS else ("SIGTERM", "SIGINT")
    numbers = [signal.Signals[name] for name in names]
    heeded = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]

    def once(_signum: int, _frame: object) -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
        handler()

    for number in heeded:
        signal.signal(number, once)


def notify(notify_socket: str, words: str) -> None:
    """Send a datagram to the service manager (sd_notify(3)); a socket that is gone, or not read, is nobody's loss."""
    import socket

    if sys.platform == "win32":
        return
    address = f"\0{notify_socket[1:]}" if notify_socket.startswith("@") else notify_socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
        # Once some ten datagrams lie unread the next would wait for ever, and with it whoever says that it lives.
        speaking.settimeout(NOTIFY_TIMEOUT_S)
        try:
            speaking.connect(address)
            speaking.send(words.encode())
        except OSError:
            return
