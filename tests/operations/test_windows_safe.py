"""Every module imports on a machine that lacks what only POSIX has."""

from __future__ import annotations

import subprocess
import sys

from .command_line import ROOT

POSIX_ONLY = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty")

# Hides the modules before anything else is imported, so that a third-party package that needs one fails here as well.
# Modules are found by walking the package, hence a new one is tested from its first day. __main__ modules run a program
# when imported as such; under their own name they only define it.
SCRIPT = """
import sys

HIDDEN = frozenset(sys.argv[1].split(","))
# Imported by who has the extra alone. What Celery asks for it chooses by the platform's name, which is not hidden here.
EXTRAS = frozenset({"inboxsync.contrib.celery"})

class Hider:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in HIDDEN:
            raise ImportError(f"{name} is hidden, as on Windows", name=name)
        return None

for name in HIDDEN & set(sys.modules):
    del sys.modules[name]
sys.meta_path.insert(0, Hider)

import importlib, pkgutil, traceback

package = importlib.import_module(sys.argv[2])
failures = 0

def report(name):
    global failures
    failures += 1
    print(f"--- {name}")
    traceback.print_exc(file=sys.stdout)

seen = 0
for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=report):
    if module.name in EXTRAS:
        continue
    seen += 1
    try:
        importlib.import_module(module.name)
    except Exception:
        report(module.name)
print(f"{seen} modules")
sys.exit(1 if failures or not seen else 0)
"""


def import_all(package: str, *, path: str, hidden: tuple[str, ...] = POSIX_ONLY) -> subprocess.CompletedProcess[str]:
    # -B: two modules of one size written within a second would share their bytecode
    command = [sys.executable, "-B", "-c", SCRIPT, ",".join(hidden), package]
    return subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=120, check=False)


def test_every_module_imports_without_posix() -> None:
    answer = import_all("inboxsync", path=str(ROOT))
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_module_that_needs_posix_would_be_found(tmp_path: object) -> None:
    from pathlib import Path

    root = Path(str(tmp_path))
    (root / "sample" / "inner").mkdir(parents=True)
    (root / "sample" / "__init__.py").write_text("")
    (root / "sample" / "inner" / "__init__.py").write_text("")
    (root / "sample" / "inner" / "fine.py").write_text("import json\n")
    assert import_all("sample", path=str(root)).returncode == 0
    for name in POSIX_ONLY:
        (root / "sample" / "inner" / "bad.py").write_text(f"import {name}\n")
        answer = import_all("sample", path=str(root))
        assert answer.returncode == 1, name
        assert f"{name} is hidden" in answer.stdout
