import pytest

from rankfold.cli.moments import moment, parse_moment
from rankfold.errors import InputError

SECONDS = 1_709_251_200  # 2024-03-01


def test_times_since_1970_are_dates_in_each_unit():
    assert moment(SECONDS) == moment(SECONDS * 1000) == moment(SECONDS * 10**6) == moment(float(SECONDS)) == "2024-03-01"
    assert moment(SECONDS + 45_000) == "2024-03-01 12:30"


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (17, "17"), (3.25, "3.25"), (-5, "-5"), (20240301, "20240301"), (10**17, str(10**17))])
def test_other_numbers_stay_numbers(value, text):
    assert moment(value) == text


def test_dates_are_read_in_the_unit_of_the_events():
    assert parse_moment("2024-03-01", SECONDS + 999, "when") == SECONDS
    assert parse_moment("2024-03-01", SECONDS * 10**6, "when") == SECONDS * 10**6
    assert parse_moment("2024-03-01T01:00:00+01:00", SECONDS * 1000, "when") == SECONDS * 1000
    assert parse_moment("12.5", 40, "when") == 12.5


def test_what_is_no_time_is_refused():
    with pytest.raises(InputError, match="when: got 'soon'"):
        parse_moment("soon", SECONDS, "when")
    with pytest.raises(InputError, match="when: got the date '2024-03-01', but the events have times such as 17"):
        parse_moment("2024-03-01", 17, "when")
