"""The one place that reads this process's environment; everything else takes it as an argument."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_environ() -> Mapping[str, str]:
    """Answer this process's environment as it is now; everything else takes it as an argument."""
    return dict(os.environ)  # noqa: TID251  the one place that may
