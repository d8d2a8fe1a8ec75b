"""Runs the program `reprise` and reads its results. Needs Python 3.9 and nothing else.

    import reprise
    image = reprise.compress("net.onnx", config="net.yaml", output="net.h5", engine="wpr")
    result = reprise.run("run.yaml", output="results", image=image, count=10)
    print(result.get("cycles_per_image.mean"), [layer["layer"] for layer in result.layers])
"""

from reprise.program import Program, RepriseError, compress, find_program, run
from reprise.results import Results, load_results
from reprise.scenario import write_yaml

__all__ = ["Program", "RepriseError", "Results", "compress", "find_program", "load_results", "run", "write_yaml"]
