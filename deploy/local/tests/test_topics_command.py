"""Topics are made by a command of their own, which says what is wrong."""

import pytest

from dunlin_local.__main__ import main
from dunlin_local.ports import free_port


def test_it_says_that_no_broker_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["topics", "--bootstrap", f"127.0.0.1:{free_port()}"])
    assert ended.value.code == 1
    assert "Kafka" in capsys.readouterr().err
