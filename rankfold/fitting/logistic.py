"""Logistic regression in one variable, with a factor of at least 0: what temperature and scale-and-offset calibration fit (Platt, 1999)."""

import numpy as np

STEPS = 100
TOLERANCE = 1e-10


def smoothed(clicked: np.ndarray) -> np.ndarray:
    """Labels (n,) bool as targets a little off 0 and 1, after Platt: the best factor is finite even where scores part the labels without a fault."""
    positive = int(clicked.sum())
    negative = clicked.size - positive
    return np.where(clicked, (positive + 1) / (positive + 2), 1 / (negative + 2))


def fit_logistic(x: np.ndarray, clicked: np.ndarray, *, offset: bool) -> tuple[float, float]:
    """(slope, offset) with the least log loss of logistic(slope x + offset); slope at least 0, offset 0 unless asked for.

    x: (n,) finite. clicked: (n,) bool. Newton steps, halved where they do not help; the loss is convex, so there is one answer.
    """
    target = smoothed(clicked)
    center = float(x.mean()) if offset else 0.0
    spread = float(np.sqrt(np.mean((x - center) ** 2)))
    z = (x - center) / spread if spread > 0 else np.zeros(x.size)
    rate = float(target.mean())
    weights = np.array([0.0, np.log(rate / (1 - rate)) if offset else 0.0])
    if spread > 0:
        weights = _newton(z, target, weights, offset)
    if weights[0] <= 0:
        # Scores that go against the labels say nothing that a rising map may use.
        return 0.0, float(np.log(rate / (1 - rate))) if offset else 0.0
    slope = weights[0] / spread
    return float(slope), float(weights[1] - slope * center)


def _newton(z: np.ndarray, target: np.ndarray, weights: np.ndarray, offset: bool) -> np.ndarray:
    loss = _loss(z, target, weights)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(weights[0] * z + weights[1], -500, 500)))
        error, curve = p - target, np.maximum(p * (1 - p), 1e-12)
        if offset:
            gradient = np.array([error @ z, error.sum()])
            hessian = np.array([[curve @ (z * z), curve @ z], [curve @ z, curve.sum()]])
            step = np.linalg.solve(hessian + 1e-12 * np.trace(hessian) * np.eye(2), gradient)
        else:
            step = np.array([(error @ z) / (curve @ (z * z)), 0.0])
        size = 1.0
        while size > 1e-9 and (fresh := _loss(z, target, weights - size * step)) > loss:
            size /= 2
        if size <= 1e-9:
            break
        weights = weights - size * step
        if loss - fresh <= TOLERANCE * max(1.0, abs(loss)):
            break
        loss = fresh
    return weights


def _loss(z: np.ndarray, target: np.ndarray, weights: np.ndarray) -> float:
    logit = weights[0] * z + weights[1]
    return float(np.mean(np.logaddexp(0, logit) - target * logit))
