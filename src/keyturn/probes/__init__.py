"""Does a key still answer: one read-only request to its provider, and a verdict that never holds a key or a body.

Nothing here is repeated: who asks decides whether to ask again (`Reason.is_passing`, `Verdict.retry_after`).
"""

from keyturn.probes.asking import Question, ask
from keyturn.probes.control import control
from keyturn.probes.wire import Bounds, Network

__all__ = ["Bounds", "Network", "Question", "ask", "control"]
