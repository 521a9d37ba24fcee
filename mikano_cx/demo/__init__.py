"""The demo: an invented year of five divisions' work, the same every time, removed completely by one command.

`cast`, `companies` and `stories` hold the contents. `records` and `sales` make rows in memory (seeded, without a
clock), `loader`, `ownership` and `feeds` write them, and `removal` removes them. Every row is marked `is_demo`. Codes
start with D, ERP IDs at 900000, phone numbers are in the 0700 range (nobody's mobile), and addresses end in `.example`
(nobody's domain). `samples` loads public sample data in the same way.
"""

PASSWORD = "harmattan-2026"  # noqa: S105 (for every demo person; production refuses to start with demo rows)
