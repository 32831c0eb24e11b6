"""The silent progress takes what every progress takes and says nothing."""

from rankfold.progress import silent


def test_silent_says_nothing(capsys):
    silent("encode", 3, 10)
    assert capsys.readouterr() == ("", "")
