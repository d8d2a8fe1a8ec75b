#!/usr/bin/env python3
"""Two engines on the same images from Python: simulate.py IMAGE_COUNT FOLDER."""

import sys
from pathlib import Path

import reprise

DATA = "/usr/share/datasets/fashion-mnist/"
NETWORK = Path(reprise.__file__).resolve().parents[2] / "networks" / "lenet5_fashion_mnist.onnx"
COMPRESSION = {
    "preprocessing": {"scale": 1 / 255, "mean": [0.2860], "standard_deviation": [0.3530]},
    "calibration": {"format": "idx", "images": DATA + "train-images-idx3-ubyte.gz", "count": 100},
}


def scenario(adcs):
    return {
        "dataset": {"format": "idx", "images": DATA + "t10k-images-idx3-ubyte.gz",
                    "labels": DATA + "t10k-labels-idx1-ubyte.gz"},
        "platform": {"pipeline": {"adcs": adcs}},
    }


def main(count, folder):
    folder.mkdir(parents=True, exist_ok=True)
    image = reprise.compress(NETWORK, config=COMPRESSION, output=folder / "lenet5.h5", engine="dense")
    for adcs in (1, 4):
        result = reprise.run(scenario(adcs), image=image, count=count, output=folder / f"adcs{adcs}")
        assert result.get("check") == {"images": count, "equal_to_reference": True, "converters_lossless": True}
        slowest = max(result.layers, key=lambda layer: layer["cycles_busy"])
        print(f"{adcs} converters: {result.get('cycles_per_image.mean'):,.0f} cycles an image, "
              f"{result.get('energy_pj.total') / count:,.0f} pJ, busiest layer {slowest['layer']}")
    try:
        reprise.run({"platfrom": {}}, image=image, output=folder / "wrong")
    except reprise.RepriseError as error:
        assert error.code == 2 and "platfrom" in str(error), error
    else:
        raise AssertionError("a wrong key was accepted")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
