"""The rehearsal of a restoration, as an operator runs it: it comes back from a dump and to a moment."""

import argparse

import pytest

from dunlin_local import rehearsing


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("source", ["moment", "dump"])
def test_a_lost_database_comes_back(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsing.run(argparse.Namespace(what="restore", source=source)) == 0
    said = capsys.readouterr()
    assert said.out.count("reads on") == len(rehearsing.PROJECTIONS)
    assert said.out.count("rebuild the projection") == 3 * len(rehearsing.PROJECTIONS)
    assert "everything is as it should be" in said.err
