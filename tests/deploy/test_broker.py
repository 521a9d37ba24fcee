"""The embedded hub's broker, with a worker that looks all the time."""

from queue import Empty
from threading import Thread

from kombu import Connection

from mikano_cx.celery import app

MESSAGES = 300


def test_a_worker_only_ever_sees_whole_messages(tmp_path):
    folders = ("data_folder_in", "data_folder_out", "control_folder", "processed_folder")
    for folder in ("queue", "control", "processed"):
        (tmp_path / folder).mkdir()
    where = dict(zip(folders, (tmp_path / name for name in ("queue", "queue", "control", "processed")), strict=True))
    options = {**{name: str(path) for name, path in where.items()}, "store_processed": True}
    assert app.conf.broker_url.startswith("filesystem")
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.channel()
        big = {"body": "x" * 100_000}
        writer = Thread(target=lambda: [connection.channel()._put("celery", big) for _ in range(MESSAGES)])
        writer.start()
        found = 0
        while found < MESSAGES:
            try:
                assert channel._get("celery") == big
                found += 1
            except Empty:
                continue
        writer.join()
