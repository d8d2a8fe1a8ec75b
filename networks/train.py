#!/usr/bin/env python3
"""Trains the project's own two networks on Fashion-MNIST and exports them to ONNX (opset 13).

Needs Debian's python3-torch and dataset-fashion-mnist; nothing else in the project needs Python.

    networks/train.py lenet5 vgg8        # writes networks/*.onnx and networks/accuracy.json

Seeded, so a second run on the same machine and thread count gives the same weights. The accuracy
written is that of the last epoch on the 10,000 test images, which take no part in training.
"""

import argparse
import gzip
import json
import pathlib
import time

import numpy
import torch
from torch import nn

DATASET = pathlib.Path("/usr/share/datasets/fashion-mnist")
HERE = pathlib.Path(__file__).resolve().parent
MEAN, STD = 0.2860, 0.3530  # of the 60,000 training images, pixels in 0..1


def read_idx(path):
    """An IDX file of unsigned bytes as an array; Debian ships them gzipped or plain."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        data = file.read()
    dims = data[3]
    shape = [int.from_bytes(data[4 + 4 * d : 8 + 4 * d], "big") for d in range(dims)]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dims).reshape(shape)


def load(split):
    def find(name):
        found = sorted(DATASET.glob(f"{split}-{name}*"))
        if not found:
            raise SystemExit(f"{DATASET}/{split}-{name}* not found: apt-get install dataset-fashion-mnist")
        return read_idx(found[0])

    images = torch.from_numpy(find("images-idx3-ubyte").copy()).float().div(255).sub(MEAN).div(STD)
    labels = torch.from_numpy(find("labels-idx1-ubyte").copy()).long()
    return images.unsqueeze(1), labels


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def vgg8():
    """Seven 3x3 convolutions and a classifier; the last two are 256 channels wide."""
    layers, channels = [], 1
    for width in (32, "pool", 64, 64, "pool", 128, 128, "pool", 256, 256):
        if width == "pool":
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


# name -> (network, epochs, peak learning rate, file)
RECIPES = {
    "lenet5": (lenet5, 20, 0.05, "lenet5_fashion_mnist.onnx"),
    "vgg8": (vgg8, 12, 0.2, "vgg8_fashion_mnist.onnx"),
}


def augment(images, generator):
    """Random horizontal flip and shift by up to two pixels, drawn per image."""
    count = len(images)
    flip = torch.rand(count, generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    padded = nn.functional.pad(images, (2, 2, 2, 2), value=-MEAN / STD)
    shift = torch.randint(0, 5, (2, count), generator=generator)
    rows = shift[0][:, None] + torch.arange(28)
    columns = shift[1][:, None] + torch.arange(28)
    return padded[torch.arange(count)[:, None, None], 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        hits = sum((model(images[i : i + 500]).argmax(1) == labels[i : i + 500]).sum().item()
                   for i in range(0, len(images), 500))
    return hits / len(images)


def train(name):
    build, epochs, rate, file = RECIPES[name]
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    images, labels = load("train")
    test_images, test_labels = load("t10k")
    model = build().to(memory_format=torch.channels_last)
    batch = 128
    steps = len(images) // batch
    optimiser = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps, pct_start=0.25)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        start = time.time()
        model.train()
        order = torch.randperm(len(images), generator=generator)
        for step in range(steps):
            pick = order[step * batch : (step + 1) * batch]
            inputs = augment(images[pick], generator).contiguous(memory_format=torch.channels_last)
            loss = loss_of(model(inputs), labels[pick])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        measured = accuracy(model, test_images, test_labels)
        print(f"{name} epoch {epoch + 1}/{epochs}: test {measured:.4f}, {time.time() - start:.0f} s", flush=True)
    export(model, HERE / file)
    parameters = sum(p.numel() for p in model.parameters())
    return {"file": file, "parameters": parameters, "test_images": len(test_images), "top1": round(measured, 4)}


def export(model, path):
    model.eval()
    torch.onnx.export(model, torch.zeros(1, 1, 28, 28), str(path), opset_version=13,
                      input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", choices=sorted(RECIPES), help="which to train")
    parser.add_argument("--threads", type=int, default=2, help="threads to train with (default 2)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    record = HERE / "accuracy.json"
    results = json.loads(record.read_text()) if record.exists() else {}
    for name in arguments.networks:
        results[name] = train(name)
        record.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
