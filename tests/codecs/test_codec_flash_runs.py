"""Blank and filled runs cover the data, and only what is really blank is called so."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs.flash_runs import SECTOR, SHORTEST_BLANK, Run, split

sectors = st.lists(st.tuples(st.sampled_from([b"\xff", b"\x00", b"\x55"]), st.integers(1, 40)), max_size=8)


@given(sectors, st.binary(max_size=100))
def test_runs_cover_the_data_in_order_and_alternate(parts: list[tuple[bytes, int]], tail: bytes) -> None:
    data = b"".join(byte * SECTOR * count for byte, count in parts) + tail
    runs = split(data)
    assert b"".join(data[run.start : run.end] for run in runs) == data
    assert all(one.end == two.start and one.blank != two.blank for one, two in itertools.pairwise(runs))
    for run in runs:
        if run.blank:
            assert data[run.start : run.end] == b"\xff" * (run.end - run.start)
            assert run.start % SECTOR == run.end % SECTOR == 0
            assert run.end - run.start >= SHORTEST_BLANK


def test_a_long_blank_part_is_found_and_a_short_one_is_not() -> None:
    short, long = b"\xff" * (SHORTEST_BLANK - SECTOR), b"\xff" * SHORTEST_BLANK
    filled = b"\x00" * SECTOR
    assert split(filled + short + filled) == (Run(0, 2 * SECTOR + len(short), False),)
    assert split(filled + long + filled) == (
        Run(0, SECTOR, False),
        Run(SECTOR, SECTOR + len(long), True),
        Run(SECTOR + len(long), 2 * SECTOR + len(long), False),
    )


def test_data_that_does_not_start_on_a_sector_is_written_whole() -> None:
    assert split(b"\xff" * SHORTEST_BLANK, 0x1001) == (Run(0, SHORTEST_BLANK, False),)
    assert split(b"") == ()
