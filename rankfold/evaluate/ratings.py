"""Ratings predicted from scores, before and after: the oldest use of factors, and one that no ranking metric sees."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .change import Change, change_of
from .intervals import finite


@dataclass(frozen=True, slots=True)
class RatingTask:
    """rmse: root of the mean squared error of predicted ratings. plain: that of the item's mean rating alone; what the score adds is the difference."""

    rmse: Change
    plain: float

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"rmse": self.rmse.to_dict(), "plain": finite(self.plain)}


def rating_task(exact: np.ndarray, found: np.ndarray, rating: np.ndarray, prior: np.ndarray, user: np.ndarray, fitting: np.ndarray) -> RatingTask:
    """Predict the ratings of m events by least squares from the score and the item's mean rating.

    exact, found: (m,) scores before and after. rating: (m,). prior: (m,) mean rating of the event's item in training. user: (m,). fitting: (m,) bool, events
    of the users to fit on; the error is over the others. Raises InputError when either has fewer than 20 events, or all ratings are equal.
    """
    rating = np.asarray(rating, np.float64)
    if min(int(fitting.sum()), int((~fitting).sum())) < 20 or np.ptp(rating) == 0:
        raise InputError(f"rating: got {int(fitting.sum())} events to fit on and {int((~fitting).sum())} others; expected 20 each, of more than one rating.")
    ones = np.ones(rating.size)
    test = ~fitting
    squares = []
    for columns in ([ones, prior], [ones, prior, exact], [ones, prior, found]):
        x = np.stack(columns, axis=1).astype(np.float64)
        slopes = np.linalg.lstsq(x[fitting], rating[fitting], rcond=None)[0]
        squares.append((x[test] @ slopes - rating[test]) ** 2)
    plain, before, after = (float(np.sqrt(square.mean())) for square in squares)
    if min(before, after) == 0:
        raise InputError("rating: is predicted without any error; expected ratings that are not a function of the scores.")
    influence = [(square - square.mean()) / square.size / (2 * root) for square, root in zip(squares[1:], (before, after))]
    return RatingTask(change_of(before, after, influence[1] - influence[0], user[test]), plain)
