"""`ovlt check`: everything that a run rests on, looked at before anything is spent.

Offline: prompts, problems, golds, models' identity. Then each endpoint is asked for a word: does the model exist,
does a vision model really see, does a reasoning model really give reasoning. One row is shown as the student will
read it. Replies go to the store, so that the run does not pay for them again.
"""

from ovlt_data.check.data import check_golds, check_identity, check_sources
from ovlt_data.check.endpoints import check_endpoints
from ovlt_data.check.finding import Finding

__all__ = ["Finding", "check_endpoints", "check_golds", "check_identity", "check_sources"]
