"""Time limits, by a clock that stands still."""

from rankfold.tune.clock import FIRST_PART, RESERVE, Clock


class Still(Clock):
    """A clock at a place of its own."""

    at = 0.0

    @property
    def elapsed(self):
        return self.at


def test_no_limit_allows_everything():
    assert Clock().allows(1e9) and Clock().allows_more_of_the_first() and Clock().elapsed >= 0


def test_work_begins_only_when_it_ends_in_time():
    clock = Still(100.0)
    assert clock.allows(100 * (1 - RESERVE)) and not clock.allows(100 * (1 - RESERVE) + 1)
    clock.at = 100 * FIRST_PART
    assert clock.allows_more_of_the_first() and clock.allows(10)
    clock.at += 1
    assert not clock.allows_more_of_the_first()
