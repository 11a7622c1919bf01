"""The report: everything that a run says, in one HTML file that needs no network."""

from analysis.report.page import report_html as report_html
from analysis.report.write import write_report as write_report
