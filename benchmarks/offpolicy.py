"""Off-policy estimates against a simulator that knows the truth: bias, error and coverage of 95 % intervals. Run: python benchmarks/offpolicy.py

Three worlds of 200 contexts and 40 actions with known click rates: a logging policy near to the judged one, one that rather shows what the judged one does
not, and that one with weights clipped at 20. The judged policies show one of five rows alike, as the exact and a noisy ranking would. 1,000 logs of 2,000
events each. The model of the doubly robust estimate is off by 0.1 a rate. Prints a table and writes benchmarks/results/offpolicy.json; takes under half a
minute. Needs no data.
"""

import json
from pathlib import Path

import numpy as np

from rankfold.evaluate.offpolicy import Log, compare_policies, list_chances, off_policy

CONTEXTS, ACTIONS, PLACES, EVENTS, LOGS = 200, 40, 5, 2_000, 1_000
WORLDS = {"near": (1.0, None), "far": (-0.7, None), "far, clipped at 20": (-0.7, 20.0)}
RESULTS = Path(__file__).resolve().parent / "results" / "offpolicy.json"


def simulate(sharpness: float, clip: float | None, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    utility = rng.standard_normal((CONTEXTS, ACTIONS))
    rate = 1 / (1 + np.exp(1.5 - utility))
    logging = np.exp(sharpness * utility)
    logging /= logging.sum(axis=1, keepdims=True)
    edges = np.cumsum(logging, axis=1)
    lists = [np.argsort(-(utility + noise * rng.standard_normal(utility.shape)), axis=1)[:, :PLACES] for noise in (0.2, 0.6)]
    truth, worse = (float(np.take_along_axis(rate, rows, axis=1).mean()) for rows in lists)
    guess = np.clip(rate + 0.1 * rng.standard_normal(rate.shape), 0, 1)
    estimates: dict[str, list] = {"ips": [], "snips": [], "dr": [], "loss by snips": []}
    effective = []
    for _ in range(LOGS):
        context = rng.integers(0, CONTEXTS, EVENTS)
        action = (rng.random(EVENTS)[:, None] > edges[context]).sum(axis=1).clip(max=ACTIONS - 1)
        log = Log(rng.random(EVENTS) < rate[context, action], logging[context, action])
        before, after = (list_chances(rows, context, action) for rows in lists)
        model = (guess[context, action], np.take_along_axis(guess, lists[0], axis=1).mean(axis=1)[context])
        found = off_policy(log, before, model=model, clip=clip)
        for name in ("ips", "snips", "dr"):
            one = getattr(found, name)
            estimates[name].append((one.value, one.low, one.high))
        loss = compare_policies(log, before, after, clip=clip)["snips"]
        estimates["loss by snips"].append((loss.drop, loss.low, loss.high))
        effective.append(found.effective)
    out: dict = {"truth": truth, "true_loss": 1 - worse / truth, "effective_events": float(np.mean(effective))}
    for name, rows in estimates.items():
        value, low, high = np.array(rows).T
        right = out["true_loss"] if name.startswith("loss") else truth
        out[name] = {
            "bias": float(value.mean() - right),
            "rmse": float(np.sqrt(np.mean((value - right) ** 2))),
            "coverage": float(np.mean((low <= right) & (right <= high))),
        }
    return out


def main() -> None:
    figures = {name: simulate(*settings) for name, settings in WORLDS.items()}
    for name, found in figures.items():
        print(
            f"{name}: truth {found['truth']:.4f}, true loss {found['true_loss']:.4f}, {found['effective_events']:.0f} of {EVENTS} events effective, {LOGS} logs"
        )
        for estimate in ("ips", "snips", "dr", "loss by snips"):
            one = found[estimate]
            print(f"  {estimate:14} bias {one['bias']:+.4f}  rmse {one['rmse']:.4f}  coverage {100 * one['coverage']:.1f} %")
    RESULTS.write_text(json.dumps({"logs": LOGS, "events": EVENTS, "worlds": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
