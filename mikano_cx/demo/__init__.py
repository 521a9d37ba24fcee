"""The demo: a year of five divisions' work, invented, the same every time, and gone without a trace by one command.

`cast` and `companies` are the words, `making` puts rows together in memory (seeded, no clock), `loading` writes them,
`clearing` takes them away. Every row is marked `is_demo`; codes start with D, ERP IDs at 900000, phone numbers lie in
the 0700 range (nobody's mobile) and addresses end in `.example` (nobody's domain).
"""

PASSWORD = "harmattan-2026"  # noqa: S105 (of every demo person; production refuses to start while there is one)
