// node compare.js JOB.json: runs exported networks in onnxruntime and compares them with the integer reference.
//
// JOB.json: {"optimisation": "disabled" | "all", "batch": images at once, "networks": [{"name", "images", "scale",
// "zero_point" of the output}, ...]}. Beside it, for each network: NAME.onnx; NAME.inputs, the preprocessed images as
// float32; NAME.reference, the stored outputs as bytes. Prints a JSON list with, for each network, on how many images
// the largest output is the same, how many outputs differ, and by how many steps of the output's scale at most.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const indexOfLargest = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

function floats(file) {
  const bytes = fs.readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function outputs(session, inputs, images, batch) {
  const size = inputs.length / images;
  const shape = session.inputMetadata[0].shape.slice(1);
  let all = [];
  for (let first = 0; first < images; first += batch) {
    const count = Math.min(batch, images - first);
    const values = inputs.subarray(first * size, (first + count) * size);
    const result = await session.run({input: new ort.Tensor('float32', values, [count, ...shape])});
    if (result.logits.dims[0] !== count) throw new Error(`a batch of ${result.logits.dims[0]}, expected ${count}`);
    all.push(...result.logits.data);
  }
  return all;
}

async function compare(folder, network, job) {
  const file = (ending) => path.join(folder, network.name + ending);
  const session = await ort.InferenceSession.create(file('.onnx'), {
    graphOptimizationLevel: job.optimisation,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: {session: {'session.x64quantprecision': '1'}},
  });
  const found = await outputs(session, floats(file('.inputs')), network.images, job.batch);
  await session.release();
  const reference = Array.from(fs.readFileSync(file('.reference')));
  if (found.length !== reference.length) throw new Error(`${found.length} outputs, expected ${reference.length}`);
  const stored = found.map((real) => Math.round(real / network.scale) + network.zero_point);
  const steps = stored.map((value, i) => Math.abs(value - reference[i]));
  const size = reference.length / network.images;
  let agreeing = 0;
  for (let first = 0; first < reference.length; first += size) {
    const largest = (values) => indexOfLargest(values.slice(first, first + size));
    if (largest(stored) === largest(reference)) ++agreeing;
  }
  return {
    name: network.name,
    agreeing,
    outputs: reference.length,
    differing: steps.filter((step) => step !== 0).length,
    largest_difference: steps.reduce((a, b) => Math.max(a, b), 0),
  };
}

async function main() {
  const jobFile = process.argv[2];
  const job = JSON.parse(fs.readFileSync(jobFile, 'utf8'));
  const results = [];
  for (const network of job.networks) {
    try {
      results.push(await compare(path.dirname(jobFile), network, job));
    } catch (error) {
      throw new Error(`${network.name}: ${error.message}`);
    }
  }
  console.log(JSON.stringify(results));
}

main().catch((error) => {
  console.error(`compare.js: ${error.message}`);
  process.exit(1);
});
