"""The notebook in docs runs from start to end, and shows what it says."""

from __future__ import annotations

import nbformat
import pytest
from harness import ROOT
from nbclient import NotebookClient

NOTEBOOK = ROOT / "docs" / "length.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the kernel's own
def test_the_notebook_runs_and_shows_what_it_says() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(ROOT)}})
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        check = "at = gru.set_index('length')['exact_match']; then = head.set_index('length')['exact_match']\n"
        check += "print(bool(at[10] > 0.9), bool(at[20] < 0.1), bool(then[10] > 0.9), bool(then[20] > 0.9))"
        notebook.cells.append(nbformat.v4.new_code_cell(check))
        (shown,) = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1).outputs
    assert shown["text"].split() == ["True"] * 4
    assert any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ()))
