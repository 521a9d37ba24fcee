"""A time line as JSON, the form that `manage.py replay_ownership` prints, and back."""

from datetime import datetime
from typing import Any

from ownership.engine.rules import Flag, Segment, Timeline


def timeline_to_json(account: str, timeline: Timeline) -> dict[str, Any]:
    """The time line as a JSON object; instants are ISO 8601 in the policy's time zone."""
    return {
        "account": account,
        "segments": [
            {
                "state": segment.state,
                "holder": segment.holder,
                "start": segment.start.isoformat(),
                "end": segment.end and segment.end.isoformat(),
                "rule": segment.rule,
                "evidence": list(segment.evidence),
            }
            for segment in timeline.segments
        ],
        "expires_at": timeline.expires_at and timeline.expires_at.isoformat(),
        "next_at": timeline.next_at and timeline.next_at.isoformat(),
        "flags": [
            {"kind": flag.cause, "at": flag.at.isoformat(), "evidence": list(flag.evidence)} for flag in timeline.flags
        ],
    }


def timeline_from_json(record: dict[str, Any]) -> Timeline:
    """The time line that `timeline_to_json` wrote."""
    return Timeline(
        tuple(
            Segment(
                segment["state"],
                segment["holder"],
                datetime.fromisoformat(segment["start"]),
                _instant(segment["end"]),
                segment["rule"],
                tuple(segment["evidence"]),
            )
            for segment in record["segments"]
        ),
        _instant(record["expires_at"]),
        _instant(record["next_at"]),
        tuple(
            Flag(datetime.fromisoformat(flag["at"]), flag["kind"], tuple(flag["evidence"])) for flag in record["flags"]
        ),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
