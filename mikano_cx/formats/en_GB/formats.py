"""Dates are written 21 Nov 2026; a date typed as 21/11/2026, 21 Nov 2026 or 2026-11-21 is read day first."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %b %Y", "%d %B %Y"]
THOUSAND_SEPARATOR = ","
