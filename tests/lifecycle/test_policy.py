import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.lifecycle.policy import DEFAULT, SECTIONS, Policy, parse_policy, read_policy

WHOLE = """
[quality]
"ndcg@10" = 0.01
"recall@100" = 0.02
[fidelity]
"overlap@10" = 0.8
[buckets]
head = 0.03
tail = 0.1
prove = "safety"
need = false
[slices]
most = 0.05
gap = 0.04
kinds = ["country"]
[exposure]
most = 0.1
[calibration]
times = 1.5
need = true
[lists]
changed_screens = 0.5
p95 = 0.4
worst_users = 0.2
[size]
row_bytes = 40
total_bytes = 1e6
[speed]
scan_ms = 5
[evidence]
users = 500
days = 30
task = "abcdef012345"
artifact = true
"""


def test_every_key_lands_in_its_field():
    found = parse_policy(WHOLE)
    assert found == Policy(
        quality={"ndcg@10": 0.01, "recall@100": 0.02},
        fidelity={"overlap@10": 0.8},
        buckets={"head": 0.03, "tail": 0.1},
        prove_buckets="safety",
        need_buckets=False,
        slices=0.05,
        gap=0.04,
        kinds=("country",),
        exposure=0.1,
        calibration=1.5,
        need_calibration=True,
        lists={"changed_screens": 0.5, "p95": 0.4},
        worst_users=0.2,
        row_bytes=40,
        total_bytes=1e6,
        scan_ms=5,
        users=500,
        days=30,
        task="abcdef012345",
        artifact=True,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[qualty]\n'ndcg@10' = 0.01", "Did you mean quality?"),
        ("[buckets]\nhaed = 0.01", "Did you mean head?"),
        ("[size]\nbytes = 3", r"\[size\] key 'bytes' is not known"),
        ("[evidence]\nuser = 3", "Did you mean users?"),
        ("quality = 3", "expected a section"),
        ("[quality]\n'ndcg@10' = 1.5", "a share from 0 to 1"),
        ("[quality]\n'ndcg@10' = nan", "a share from 0 to 1"),
        ("[quality]\n'ndcg@10' = true", "a share from 0 to 1"),
        ("[quality]\n'ndcg@10' = '1 %'", "a share from 0 to 1"),
        ("[speed]\nscan_ms = inf", "at least 0"),
        ("[evidence]\nusers = 2.5", "a whole number"),
        ("[evidence]\nartifact = 1", "true or false"),
        ("[evidence]\ntask = 'xyz'", "digest"),
        ("[slices]\nkinds = 'country'", "a list of names"),
        ("[buckets]\nprove = 'harm'", 'expected "loss" or "safety"'),
        ("", "asks nothing"),
        ("[evidence]\nusers = 5", "asks nothing"),
        ("[quality", "is not TOML"),
        ("[quality]\na = 1\na = 2", "is not TOML"),
        ("a = " + "[" * 5_000, "is not TOML"),
    ],
)
def test_what_a_policy_does_not_have_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_policy(text)


@given(st.sampled_from(sorted(SECTIONS)), st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=12))
def test_unknown_keys_are_never_passed_over(section, key):
    if key in SECTIONS[section] or "*" in SECTIONS[section]:
        return
    with pytest.raises(InputError, match="is not known"):
        parse_policy(f"[{section}]\n{key} = 1\n[quality]\n'ndcg@10' = 0.01")


def test_files_are_read_with_suspicion(tmp_path):
    (tmp_path / "policy.toml").write_text(WHOLE)
    assert read_policy(tmp_path / "policy.toml") == parse_policy(WHOLE)
    for name, raw, message in (("a.json", b"{}", "toml"), ("b.toml", b"\xff\xfe", "UTF-8"), ("c.toml", b"#" * (1 << 20) + b"##", "at most")):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(InputError, match=message):
            read_policy(tmp_path / name)
    with pytest.raises(InputError):
        read_policy(tmp_path / "none.toml")


def test_the_default_and_a_plain_limit_ask_for_something():
    assert DEFAULT.asks and not Policy().asks
    assert Policy.within("ndcg@10", 0.01).buckets["tail"] == 0.05 and Policy.within("ndcg@10", 0.2).buckets["tail"] == 0.2
    assert np.isclose(Policy.within("ndcg@10", 0.2).quality["ndcg@10"], 0.2)
