"""Pages: one HTML file each, whole in itself, of a study or of answered claims; they compute nothing.

A page asks for nothing from the network and runs no script; what others wrote into names and descriptions stands in it
as text.  It holds no date and no folder of the machine that made it: the same study gives the same bytes.
"""

from sim.report.claims import claims_page
from sim.report.study import report_parts, study_page

__all__ = ["claims_page", "report_parts", "study_page"]
