"""What tests of kernels share: kernels for processors with narrower vectors."""

from __future__ import annotations

import ctypes
import platform

import pytest

from models.layers import kernels


@pytest.fixture(params=["native", "avx512f", "avx"])
def vectors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels for this processor, and for those that lack one or both of the wider kinds of vectors."""
    if request.param != "native":
        if platform.machine() != "x86_64":
            pytest.skip("other processors have one width")
        file = tmp_path_factory.getbasetemp() / f"without-{request.param}.so"
        monkeypatch.setattr(kernels, "FLAGS", (*kernels.FLAGS, f"-mno-{request.param}"))
        if not file.exists():
            kernels.build("cc", file)
        library = ctypes.CDLL(str(file))
        monkeypatch.setattr(kernels, "library", lambda: library)
