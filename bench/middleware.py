"""The middleware that counts each request's queries and their time, and reports both in headers; for hub and floor."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

SQL_LOG = os.environ.get("BENCH_SQL_LOG", "")


class Measure:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        queries: list[tuple[float, str, str]] = []

        def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            begun = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                queries.append((1_000 * (time.perf_counter() - begun), sql, repr(params) if SQL_LOG else ""))

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response["X-Bench-Queries"] = str(len(queries))
        response["X-Bench-Database-Ms"] = f"{sum(query[0] for query in queries):.2f}"
        if SQL_LOG:
            with open(SQL_LOG, "a") as lines:  # noqa: PTH123
                lines.write(json.dumps([request.get_full_path(), queries]) + "\n")
        return response
