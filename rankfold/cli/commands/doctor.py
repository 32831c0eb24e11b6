"""`rankfold doctor`: a block to paste into a report, and how fast the kernels run here."""

from typing import Annotated

import typer

from .. import kernelspeed, machine, render
from ..options import AsJson
from ..output import Output


def doctor(
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="Measure the kernels (about 5 s).")] = True,
    as_json: AsJson = False,
) -> None:
    """Show versions, CPU features, kernels and their speed.

    Speeds are scored rows a second on one thread: rows times queries. A machine without compiled kernels says so: everything works there, slower.
    """
    output = Output(as_json)
    facts = machine.facts()
    packages = ", ".join(f"{name} {number or 'not installed'}" for name, number in facts["packages"].items())
    for line in render.pairs(
        [
            ("rankfold", facts["rankfold"]),
            ("python", f"{facts['python']}, numpy {facts['numpy']} ({facts['blas']})"),
            ("packages", packages),
            ("system", facts["system"]),
            ("processor", f"{facts['processor']}, {facts['cores']} cores, {facts['workers']} workers"),
            ("features", ", ".join(facts["cpu_features"]) or "unknown"),
            ("kernels", f"{facts['kernel_level']} in use; here: {', '.join(facts['kernel_levels'])}"),
        ]
    ):
        output.line(line)
    if not facts["compiled_kernels"]:
        output.note("warning: this install has no compiled kernels. Install a C++ compiler and reinstall rankfold: scans become 10 to 100 times faster.")
    facts["kernel_speed"] = kernelspeed.measure() if speed else None
    if speed:
        levels = facts["kernel_levels"]
        rows = [[case["kernel"], case["work"], *(render.rate(case["rows_per_s"][level], "rows") for level in levels)] for case in facts["kernel_speed"]]
        output.line()
        for line in render.columns(["kernel", "work", *levels], rows, left=2):
            output.line(line)
    output.finish(facts)
