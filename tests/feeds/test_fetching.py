"""What waits in a drop folder: whole files only, oldest first, and nothing outside."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accounts.imports.feeds.drop_folder import DropFolder, Found, named_at
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW


@pytest.fixture
def drop(tmp_path):
    """Put a file into the folder erp, written `ago` before NOW."""
    (tmp_path / "drop" / "erp").mkdir(parents=True)

    def put(name: str, ago: float = 3600, content: str = "ID,Name\n", folder: str = "erp") -> Path:
        path = tmp_path / "drop" / folder / name
        path.write_text(content)
        os.utime(path, (NOW.timestamp() - ago,) * 2)
        return path

    return put


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "drop"


def waiting(root: Path, pattern: str = "customers_*.csv", **more) -> list[Found]:
    return DropFolder(root, "erp", pattern, **more).newest(NOW)


def test_files_come_oldest_first_by_the_date_in_their_name(drop, root) -> None:
    drop("customers_20260316.csv", ago=9000)
    drop("customers_2026-03-15.csv", ago=300)
    drop("customers_20260316_0130.CSV", ago=9000)
    drop("sales_20260101.csv")
    found = waiting(root)
    assert [one.name for one in found] == [
        "customers_2026-03-15.csv",
        "customers_20260316.csv",
        "customers_20260316_0130.CSV",
    ]
    assert found[0] == Found(
        root / "erp" / "customers_2026-03-15.csv",
        "customers_2026-03-15.csv",
        datetime(2026, 3, 15, tzinfo=LAGOS),
        8,
        NOW - timedelta(seconds=300),
    )
    assert found[2].file_at == datetime(2026, 3, 16, 1, 30, tzinfo=LAGOS)


def test_a_date_that_is_still_to_come_is_a_slip_but_tomorrow_s_isn_t(drop, root) -> None:
    drop("customers_20291231.csv", ago=60 * 60)
    drop("customers_20260317.csv")
    slip, tomorrow = waiting(root)
    assert slip.file_at == NOW - timedelta(hours=1)
    assert tomorrow.file_at == datetime(2026, 3, 17, tzinfo=LAGOS)
    later = DropFolder(root, "erp", "customers_*.csv").newest(datetime(2030, 1, 1, tzinfo=UTC))
    assert [one.file_at for one in later] == [slip.file_at, tomorrow.file_at]  # or it would be taken anew one day


def test_without_a_date_in_its_name_a_file_is_as_old_as_its_content(drop, root) -> None:
    drop("customers_new.csv", ago=60 * 60)
    assert waiting(root)[0].file_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("c_20260316.csv", datetime(2026, 3, 16, tzinfo=LAGOS)),
        ("c-2026-03-16T0205.csv", datetime(2026, 3, 16, 2, 5, tzinfo=LAGOS)),
        ("20260316013000-c.csv", datetime(2026, 3, 16, 1, 30, tzinfo=LAGOS)),
        ("c_2026_03_16_02-05.csv", datetime(2026, 3, 16, 2, 5, tzinfo=LAGOS)),
        ("c_20261316.csv", None),
        ("c_20260316_9999.csv", None),
        ("c_120260316.csv", None),
        ("c_2026.csv", None),
        ("c.csv", None),
    ],
)
def test_a_name_may_tell_a_moment(name: str, at: datetime | None) -> None:
    assert named_at(name) == at


def test_what_is_still_being_written_is_growing_or_not_seen(drop, root) -> None:
    drop("customers_1.csv", ago=59)
    drop("customers_2.csv", ago=61)
    drop("customers_3.csv", ago=-30)
    for name in ("customers_4.csv.part", "customers_5.csv.TMP", "customers_6.csv.filepart", ".customers_7.csv"):
        drop(name)
    assert {one.name: one.growing for one in waiting(root, "*customers_*")} == {
        "customers_1.csv": True,
        "customers_2.csv": False,
        "customers_3.csv": True,
    }
    assert not waiting(root, settle_seconds=0)[0].growing


def test_lines_go_with_the_file_of_the_same_day(drop, root) -> None:
    for day in (14, 15, 16):
        drop(f"sales_202603{day}.csv")
    drop("sales_lines_20260315.csv")
    drop("sales_lines_20260316.csv", ago=5)
    found = waiting(root, "sales_*.csv", lines_pattern="sales_lines_*.csv")
    assert [(one.name, one.lines and one.lines.name, one.growing) for one in found] == [
        ("sales_20260314.csv", None, False),
        ("sales_20260315.csv", "sales_lines_20260315.csv", False),
        ("sales_20260316.csv", "sales_lines_20260316.csv", True),
    ]


def test_lines_without_a_day_are_the_last_that_were_written(drop, root) -> None:
    drop("orders.csv")
    drop("order-details-1.csv", ago=900)
    drop("order-details-2.csv", ago=800)
    (found,) = waiting(root, "orders*.csv", lines_pattern="order-details*.csv")
    assert found.lines == root / "erp" / "order-details-2.csv"


def test_links_and_folders_are_not_looked_at(drop, root, tmp_path) -> None:
    (tmp_path / "secret.csv").write_text("ID,Name\n")
    (root / "erp" / "customers_link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "erp" / "customers_dir.csv").mkdir()
    (root / "erp" / "customers_lost.csv").symlink_to(tmp_path / "nothing")
    assert waiting(root) == []


@pytest.mark.parametrize("folder", ["..", "erp/../..", "/etc", "out"])
def test_a_folder_outside_is_refused(drop, root, tmp_path, folder: str) -> None:
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(Refused) as caught:
        DropFolder(root, folder, "*").newest(NOW)
    assert (caught.value.code, caught.value.field) == ("outside", "folder")


def test_a_folder_that_is_not_there_is_said_so(root) -> None:
    with pytest.raises(Refused) as caught:
        DropFolder(root, "none", "*").newest(NOW)
    assert caught.value.message == "The drop folder “none” can't be read: No such file or directory."


def test_moments_are_aware(drop, root) -> None:
    drop("customers_a.csv")
    assert waiting(root)[0].file_at.tzinfo is UTC
