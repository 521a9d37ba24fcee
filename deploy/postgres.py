"""Finding the PostgreSQL server for tests: `python -m deploy.postgres` prints its address, or why there is none.

TEST_DATABASE_URL names the server; its role must be allowed to create databases. Without it the usual local servers are
tried. The database in the address needn't exist, because the tests make `test_<name>` beside it.
"""

import os
import sys

USUAL = (
    "postgresql://root@127.0.0.1:5432/hub",
    "postgresql://postgres@127.0.0.1:5432/hub",
    "postgresql://postgres:postgres@127.0.0.1:5432/hub",
)


def find_programs() -> str | None:
    named = os.environ.get("TEST_DATABASE_URL")
    for url in [named] if named else USUAL:
        if _usable(url):
            return url
    return None


def maintenance(url: str) -> str:
    """The address of the maintenance database, which every server has."""
    return url.rsplit("/", 1)[0] + "/postgres"


def _usable(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(maintenance(url), connect_timeout=2) as connection:
            query = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            row = connection.execute(query).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


if __name__ == "__main__":
    found = find_programs()
    sys.stdout.write(f"{found}\n" if found else "")
    sys.exit(0 if found else 1)
