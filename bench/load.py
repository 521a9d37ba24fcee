"""Sends a fixed number of requests to a server on this machine and records the times."""

import http.client
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

TIMEOUT = 30  # seconds for one request


@dataclass(frozen=True)
class Ask:
    """One request: a path, the session to send and, for a POST, the form."""

    path: str
    session: str
    form: dict[str, str] | None = None
    csrf: str = ""
    expect: int = 200


@dataclass
class Times:
    wall: list[float] = field(default_factory=list)  # ms
    database: list[float] = field(default_factory=list)  # ms
    queries: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    cpu: float = 0.0  # ms of the server's processes per request

    def percentile(self, share: float) -> float:
        """The smallest time that at least `share` of the requests don't exceed."""
        ordered = sorted(self.wall)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def measure(port: int, make: Callable[[int], Ask], *, requests: int, clients: int, master: int) -> Times:
    """Send `requests` requests from `clients` threads, each on a kept connection."""
    times, lock, numbers = Times(), threading.Lock(), iter(range(requests))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            ask = make(number)
            begun = time.perf_counter()
            try:
                status, headers = send(connection, ask)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                with lock:
                    times.failures.append(f"{ask.path}: {error!r}")
                continue
            spent = 1_000 * (time.perf_counter() - begun)
            with lock:
                if status != ask.expect:
                    times.failures.append(f"{ask.path}: {status}")
                    continue
                times.wall.append(spent)
                times.database.append(float(headers.get("X-Bench-Database-Ms", "nan")))
                times.queries.append(int(headers.get("X-Bench-Queries", "-1")))
        connection.close()

    before = cpu_ms(master)
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.cpu = (cpu_ms(master) - before) / requests
    return times


def send(connection: http.client.HTTPConnection, ask: Ask) -> tuple[int, http.client.HTTPMessage]:
    cookies = f"sessionid={ask.session}" + (f"; csrftoken={ask.csrf}" if ask.csrf else "")
    headers = {"Cookie": cookies, "Accept-Encoding": "identity"}
    if ask.form is None:
        connection.request("GET", ask.path, headers=headers)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode({**ask.form, "csrfmiddlewaretoken": ask.csrf})
        connection.request("POST", ask.path, body=body, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status, response.headers


def cpu_ms(master: int) -> float:
    """The CPU time that a gunicorn and its workers have used so far, in ms, in steps of 10."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # the process has ended meanwhile
        if stat.parent.name == str(master) or after_name[1] == str(master):
            total += int(after_name[11]) + int(after_name[12])
    return total * 10.0
