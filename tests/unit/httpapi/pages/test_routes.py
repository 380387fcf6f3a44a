"""The pages cost nothing before the first of them is asked for."""

from __future__ import annotations

import subprocess
import sys


def test_serve_starts_without_what_only_pages_need() -> None:
    program = (
        "import sys\nimport inboxsync.httpapi.application, inboxsync.httpapi.server\n"
        "late = ('jinja2', 'markupsafe', 'gzip', 'inboxsync.httpapi.pages.')\n"
        "known = {'inboxsync.httpapi.pages.routes'}\n"
        "sys.exit(', '.join(one for one in sys.modules if one.startswith(late) and one not in known) or 0)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
