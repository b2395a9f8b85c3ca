"""Reports: what was found, as one HTML file that opens anywhere.

A report is data (`Report` of `Words`, `Table`, `Code` and `Chart`); `report_html` is the one pure function from it to a page.
Charts are Vega-Lite specs, made by the pure functions of `charts`, and drawn as inline SVG with the extra `learn`.
"""

from denizen.report.page import report_html, write_report
from denizen.report.parts import Chart, Code, Report, Section, Table, Words

__all__ = ["Chart", "Code", "Report", "Section", "Table", "Words", "report_html", "write_report"]
