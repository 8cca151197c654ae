"""Dataset versions in the columns of other trainers, each checked row by row before anything is written."""

from ovlt_data.publish.export.formats import FORMATS, Form
from ovlt_data.publish.export.write import Exported, export_version

__all__ = ["FORMATS", "Exported", "Form", "export_version"]
