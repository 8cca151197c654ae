"""One HTML page that shows what a run did, or what a dataset version is made of.

It stands alone: no script, no request to anywhere, pictures inside. What a problem or a model says is shown as text,
whatever it says.
"""

from ovlt_data.report.page import write_report

__all__ = ["write_report"]
