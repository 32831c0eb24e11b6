"""Where engines run."""

from rankfold.exchange.engine import Local


def test_an_engine_is_installed_when_its_module_is():
    assert Local("json", "json", None).is_installed
    assert not Local("no-such-engine", "no_such_engine", None).is_installed
