import pytest

torch = pytest.importorskip("torch")

from rankfold.errors import InputError  # noqa: E402
from rankfold.training.device import find_device, find_precision, using_threads  # noqa: E402


def test_names_are_checked():
    with pytest.raises(InputError, match="device"):
        find_device("tpu")
    with pytest.raises(InputError, match="precision"):
        find_precision("float16", torch.device("cpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no GPU"):
        find_device("cuda")
    assert find_device("auto").type == "cpu"


def test_precision_follows_what_was_asked():
    cpu = torch.device("cpu")
    assert find_precision("float32", cpu) is torch.float32 and find_precision("bfloat16", cpu) is torch.bfloat16
    assert find_precision("auto", cpu) in (torch.float32, torch.bfloat16)


def test_without_a_matrix_unit_products_stay_in_float32(monkeypatch):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert find_precision("auto", torch.device("cpu")) is torch.float32


def test_threads_are_as_before_afterwards():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), using_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
    with pytest.raises(InputError, match="threads: got 0"), using_threads(0):
        pass
