"""The broker of the embedded hub, which keeps each message as a file in a folder."""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class WholeMessageChannel(filesystem.Channel):
    def _put(self, queue: Any, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Write the message under a temporary name first: kombu's own way lets a worker read an empty file and die."""
        path = Path(self.data_folder_out) / f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = path.with_suffix(".part")  # workers ignore this suffix
        part.write_text(dumps(message))
        part.rename(path)


class Transport(filesystem.Transport):
    Channel = WholeMessageChannel
