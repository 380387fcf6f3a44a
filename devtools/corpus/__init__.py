"""The project's own mail: generated, deterministic, with the expected reading beside each message.

`mixed` gives the mix that benchmarks use, `varied` one message of each kind in turn for the demo and tests.
"""

from devtools.corpus.maker import mixed, varied
from devtools.corpus.specimen import Specimen

__all__ = ["Specimen", "mixed", "varied"]
