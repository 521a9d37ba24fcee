"""The hub workbook in and out: gather -> decide -> preview -> apply, and back.

`layout`, `cell_parsers`, `decisions`, `row_codes` and `*_rules` are pure: rows and what the hub holds in, decisions
out. `book` reads the file, `facts` reads the hub, `plan` brings the two together batch by batch; the preview, the dry
run, the command and `apply` all read that one plan. `actions` holds the verbs that no other import has, `kind` says who
decides about an import. It lives in this app because it writes both the accounts and the log
(docs/decisions/0001-the-workbook-lives-with-the-log.md).
"""
