// The page of one run: results.json and the CSV files beside it.

const results = data.results;
const images = Math.max(1, results.images);
const layers = results.layers;
const elapsed = results.throughput.elapsed_cycles;

/** The value that a pointer such as "/results/layers/0/energy_pj" leads to. */
const at = (pointer) => pointer.slice(1).split("/").reduce((value, key) => value?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], data);
const escaped = (key) => key.replace(/~/g, "~0").replace(/\//g, "~1");

/** What stands at a pointer. */
const shown = (pointer, format) => figure(at(pointer), at(pointer) === null || at(pointer) === undefined ? "" : format(at(pointer)), pointer);
/** A sum over all images, shown for one. */
function perImage(pointer, format = metric) {
  const sum = at(pointer);
  return sum === null || sum === undefined ? "–" : figure(sum / images, format(sum / images), pointer, {"data-per": "images"});
}

const ofLayer = (i, key) => `/results/layers/${i}/${key}`;
const sum = (values) => values.reduce((a, b) => a + b, 0);
const total = (object) => sum(Object.values(object || {}));

const engineName = {
  dense: "every weight stored, every operation unit executed",
  sre: "rows without weights left out",
  pattern_pruned: "pruned rows left out",
  mixed_ou: "pruned rows left out, narrow operation units",
  wpr: "repeated patterns stored and computed once",
  reprise: "all ways to save",
};

// ---- Head and summary

function head() {
  heading(`Reprise ${results.program_version} · one run`, `${results.network} on ${results.engine}`,
          `${grouped(images)} image${images === 1 ? "" : "s"}; ${words(results.engine)}: ${engineName[results.engine] || ""}` +
          (results.engine === "wpr" || results.engine === "reprise" ? `, compared by ${words(results.granularity)}` : "") +
          `; ${words(results.encoding)}. Energy by the technology ${results.energy_pj.technology}, converters by the law ${results.energy_pj.adc_law}.`);
}

function summary() {
  const storage = results.storage;
  const net = storage.cells + storage.table_bits + storage.index_bits;
  const accuracy = results.accuracy;
  section("summary", "Summary", null, element("div", {class: "cards"},
    card("Accuracy, simulated", accuracy.simulated === null ? "not measured" : shown("/results/accuracy/simulated", (v) => percent(v, 2)),
         accuracy.reference_8_bit === null ? null : `8-bit reference ${percent(accuracy.reference_8_bit, 2)}`),
    card("Time an image", shown("/results/cycles_per_image/mean_time_us", time), [perCycles(), " cycles"]),
    card("Throughput", shown("/results/throughput/images_per_second", (v) => metric(v) + "/s"),
         `${results.throughput.images_in_flight} image${results.throughput.images_in_flight === 1 ? "" : "s"} in flight`),
    card("Energy an image", perImage("/results/energy_pj/total", energy),
         `${percent(results.energy_pj.static / results.energy_pj.total)} of it static`),
    card("ADC conversions an image", perImage("/results/events/adc.convert"),
         [perImage("/results/work/activations"), " activations"]),
    card("Storage, net of tables", figure(net, inUnit(net, "bit")), `${(net / storage.dense_cells).toFixed(3)} of the dense network`),
    card("Area in use", shown("/results/area_mm2_in_use/total", (v) => Number(v.toPrecision(4)) + " mm²"),
         [shown("/results/storage/engines", grouped), " engines, ", shown("/results/storage/tiles", grouped), " tiles"]),
    card("Multiply-accumulates an image", perImage("/results/work/multiply_accumulates"),
         [shown("/results/storage/crossbars", grouped), " crossbars"])));
}

const perCycles = () => shown("/results/cycles_per_image/mean", metric);

// ---- Accuracy

function accuracySection() {
  const accuracy = results.accuracy;
  const check = results.check;
  const rows = [
    {name: "Trained network, floating point", pointer: "/results/accuracy/float", images: accuracy.float_and_reference_images},
    {name: "8-bit integer reference", pointer: "/results/accuracy/reference_8_bit", images: accuracy.float_and_reference_images},
    {name: "Simulated", pointer: "/results/accuracy/simulated", images: accuracy.images},
  ];
  const verdict = !check.converters_lossless
    ? "The converters clamp sums, so outputs are not compared with the integer reference: the simulated accuracy shows what that costs."
    : check.images > 0 ? `The first ${grouped(check.images)} outputs equal the integer reference bit for bit.`
    : "No outputs were compared with the integer reference.";
  section("accuracy", "Accuracy", verdict, table({
    caption: "Top-1 accuracy", className: "panel", rows,
    columns: [
      {title: "Network", text: true, value: (row) => row.name},
      {title: "Top-1", value: (row) => at(row.pointer), cell: (row) => shown(row.pointer, (v) => percent(v, 2))},
      {title: "Images", value: (row) => row.images, cell: (row) => at(row.pointer) === null ? "–" : grouped(row.images)},
    ],
  }));
}

// ---- Layers

function layerSection() {
  const energyTotal = results.energy_pj.total;
  const numbered = layers.map((layer, i) => ({layer, i}));
  const number = (title, key, format = metric, note) => ({
    title, note, value: ({layer}) => layer[key], cell: ({i}) => perImage(ofLayer(i, key), format),
  });
  const stored = (title, key, note) => ({
    title, note, value: ({layer}) => layer.storage?.[key],
    cell: ({layer, i}) => layer.storage ? shown(ofLayer(i, "storage/" + key), metric) : null,
  });
  section("layers", "Layers", "Per image. Choose a heading to sort by it.", table({
    caption: "Layers: work, time, energy and storage", className: "panel tall", rows: numbered,
    columns: [
      {title: "Layer", text: true, value: ({i}) => i, cell: ({layer}) => layer.name},
      {title: "Kind", text: true, value: ({layer}) => layer.kind, cell: ({layer}) => words(layer.kind)},
      {title: "Output", note: "channels x height x width", value: ({layer}) => layer.shape.reduce((a, b) => a * b), cell: ({layer}) => layer.shape.join(" × ")},
      number("Windows", "windows"),
      {title: "Copies", value: ({layer}) => layer.copies, cell: ({i}) => shown(ofLayer(i, "copies"), grouped)},
      stored("Engines", "engines", "of all copies"),
      number("Busy, cycles", "cycles_busy", metric, "sum of the windows' service"),
      number("Waits: input", "cycles_waiting_for_input"),
      number("Waits: credit", "cycles_waiting_for_credit"),
      number("Activations", "activations", metric, "of operation units"),
      number("Dropped", "activations_dropped", metric, "activations left out since all inputs were zero"),
      {title: "Conversions", value: ({layer}) => layer.events["adc.convert"], cell: ({i}) => perImage(ofLayer(i, "events/adc.convert"))},
      number("Energy", "energy_pj", energy),
      {title: "Energy, share", value: ({layer}) => layer.energy_pj, cell: ({layer}) => percent(layer.energy_pj / energyTotal)},
      stored("Cells", "cells"),
      stored("Table, bit", "table_bits", "mapping table"),
      stored("Index, bit", "index_bits"),
      {title: "Net/dense", note: "cells, table and index over 8 bits a weight", value: ({layer}) => netShare(layer), cell: ({layer}) => layer.storage ? netShare(layer).toFixed(3) : null},
    ],
    total: null,
  }));
}

function netShare(layer) {
  const storage = layer.storage;
  return storage ? (storage.cells + storage.table_bits + storage.index_bits) / Math.max(1, storage.dense_cells) : undefined;
}

// ---- Energy

const kSeries = 7;

/** The components with the most energy get colours of their own. */
function energyParts() {
  const named = Object.entries(results.energy_pj.by_component).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  return named.map(([name], i) => ({name, colour: i < kSeries ? `series-${i + 1}` : "series-other"}));
}

const joule = (picojoules) => picojoules * 1e-12;

function energySection() {
  const parts = energyParts();
  const of = results.energy_pj.by_component;
  const rows = parts.map(({name}) => ({name, value: of[name]}));
  const laws = Object.entries(results.energy_pj.total_by_adc_law);
  const components = chart({
    title: "Energy an image by component (J)",
    text: "Counted events times what one costs; static.: power of what is in use times the time of the run.",
    spec: bars({
      rows: parts.map((part) => part.name), parts, axis: "energy an image", unit: "J",
      values: rows.map(({name, value}) => ({row: name, part: name, value: joule(value / images),
                                            tip: `${name}\n${energy(value / images)}, ${percent(value / results.energy_pj.total)}`})),
    }),
    figures: table({
      caption: "Energy an image by component", rows,
      columns: [
        {title: "Component", text: true, value: (row) => row.name},
        {title: "Energy", value: (row) => row.value, cell: (row) => perImage("/results/energy_pj/by_component/" + escaped(row.name), energy)},
        {title: "Share", value: (row) => row.value, cell: (row) => percent(row.value / results.energy_pj.total)},
        {title: "Events an image", value: (row) => results.events[row.name], cell: (row) => row.name in results.events ? perImage("/results/events/" + escaped(row.name)) : null},
      ],
    }),
  });
  section("energy", "Energy", `${energy(results.energy_pj.total / images)} an image, ${percent(results.energy_pj.dynamic / results.energy_pj.total)} of it of events. ` +
          laws.map(([law, value]) => `${value === null ? "not covered" : energy(value / images)} by the converters' law ${law}`).join(", ") + ".",
          components, energyByLayer(parts));
}

function energyByLayer(parts) {
  if (!layers.some((layer) => layer.energy_by_component_pj)) return null;
  const big = parts.slice(0, kSeries);
  const other = {name: "other", colour: "series-other"};
  const shownParts = parts.length > kSeries ? [...big, other] : big;
  const partOf = (name) => big.some((part) => part.name === name) ? name : other.name;
  const rows = [...layers.map((layer) => [layer.name, layer.energy_by_component_pj || {}])];
  const values = [];
  for (const [name, energies] of rows) {
    const sums = {};
    for (const [component, value] of Object.entries(energies)) sums[partOf(component)] = (sums[partOf(component)] || 0) + value;
    for (const {name: part} of shownParts) {
      if (sums[part]) values.push({row: name, part, value: joule(sums[part] / images), tip: `${name}\n${part}: ${energy(sums[part] / images)}`});
    }
  }
  return chart({
    title: "Energy an image by layer (J)", text: "What belongs to no layer, such as the DMA, is left out.",
    legend: shownParts.map((part) => [part.name, part.colour]),
    spec: bars({rows: rows.map(([name]) => name), parts: shownParts, values, axis: "energy an image", unit: "J"}),
    figures: table({
      caption: "Energy an image by layer and component", rows: layers.map((layer, i) => ({layer, i})),
      columns: [
        {title: "Layer", text: true, value: ({i}) => i, cell: ({layer}) => layer.name},
        {title: "All", value: ({layer}) => layer.energy_pj, cell: ({i}) => perImage(ofLayer(i, "energy_pj"), energy)},
        {title: "Static", value: ({layer}) => layer.energy_static_pj, cell: ({i}) => perImage(ofLayer(i, "energy_static_pj"), energy)},
        ...parts.map(({name}) => ({
          title: name, value: ({layer}) => layer.energy_by_component_pj?.[name] ?? 0,
          cell: ({layer, i}) => layer.energy_by_component_pj?.[name] ? perImage(ofLayer(i, "energy_by_component_pj/" + escaped(name)), energy) : null,
        })),
      ],
    }),
  });
}

// ---- Time

function timeSection() {
  const states = [["busy", "cycles_busy", "cause-busy"], ["waits for input", "cycles_waiting_for_input", "cause-input_not_made"],
                  ["waits for credit", "cycles_waiting_for_credit", "cause-credit"], ["waits for its turn", "cycles_waiting_for_turn", "cause-turn"]]
    .filter(([, key]) => layers.some((layer) => layer[key] > 0));
  const byLayer = chart({
    title: "Cycles of an image by layer", text: "Windows of a layer one after another: what they take, and what they wait for. Copies of a layer add up.",
    legend: states.map(([name, , colourName]) => [name, colourName]),
    spec: bars({
      rows: layers.map((layer) => layer.name), parts: states.map(([name, , colourName]) => ({name, colour: colourName})), axis: "cycles an image",
      values: layers.flatMap((layer) => states.map(([name, key]) => ({row: layer.name, part: name, value: layer[key] / images, tip: `${layer.name}\n${name}: ${metric(layer[key] / images)} cycles`}))),
    }),
    figures: table({
      caption: "Cycles of an image by layer", rows: layers.map((layer, i) => ({layer, i})),
      columns: [{title: "Layer", text: true, value: ({i}) => i, cell: ({layer}) => layer.name},
                ...states.map(([name, key]) => ({title: name, value: ({layer}) => layer[key], cell: ({i}) => perImage(ofLayer(i, key))}))],
    }),
  });
  section("time", "Time", `${metric(results.cycles_per_image.mean)} cycles an image on average, ${metric(results.cycles_per_image.minimum)} to ${metric(results.cycles_per_image.maximum)}; ${time(results.cycles_per_image.mean_time_us)}.`,
          byLayer, causeChart());
}

function causeChart() {
  const causes = Object.keys(kCauses).filter((cause) => results.lane_cycles.by_cause[cause] > 0);
  const rows = [{name: "all layers", lanes: results.lane_cycles, pointer: "/results/lane_cycles"},
                ...layers.map((layer, i) => ({name: layer.name, lanes: layer.lane_cycles, pointer: ofLayer(i, "lane_cycles")}))];
  return chart({
    title: "Where the cycles of engines and vector units go (share)",
    text: "Every cycle of every engine of a layer, from the start to the end of the run, has one cause.",
    legend: causes.map((cause) => [words(cause), "cause-" + cause]),
    spec: bars({
      rows: rows.map((row) => row.name), parts: causes.map((cause) => ({name: cause, colour: "cause-" + cause})), share: true, axis: "share of the cycles",
      values: rows.flatMap(({name, lanes}) => causes.map((cause) => ({row: name, part: cause, value: lanes.share[cause],
                                                                     tip: `${name}\n${kCauses[cause]} (${words(cause)})\n${percent(lanes.share[cause])}, ${metric(lanes.by_cause[cause])} cycles`}))),
    }),
    figures: table({
      caption: "Share of the cycles by cause", rows,
      columns: [{title: "Layer", text: true, value: (row) => rows.indexOf(row), cell: (row) => row.name},
                ...causes.map((cause) => ({title: words(cause), note: kCauses[cause], value: (row) => row.lanes.share[cause],
                                           cell: (row) => shown(`${row.pointer}/share/${cause}`, percent)}))],
    }),
  });
}

// ---- Pipeline

function pipelineSection() {
  if (!data.pipeline_csv) return;
  const slots = csv(data.pipeline_csv);
  if (slots.length === 0) return;
  const inFlight = results.throughput.images_in_flight > 1;
  const states = [["busy", "busy", "cause-busy"], ["waiting_for_input", "waits for input", "cause-input_not_made"],
                  ["waiting_for_credit", "waits for credit", "cause-credit"], ["waiting_for_turn", "waits for its turn", "cause-turn"]]
    .filter(([key]) => slots.some((slot) => Number(slot[key]) > 0));
  const copies = Object.fromEntries(layers.map((layer) => [layer.name, layer.copies]));
  const values = [];
  for (const slot of slots) {
    const [begin, end] = [Number(slot.begin_cycle), Number(slot.end_cycle)];
    const whole = (end - begin) * copies[slot.layer] * (inFlight ? 1 : images);
    let level = 0;
    for (const [key, name, colourName] of states) {
      const share = Number(slot[key]) / whole;
      if (share < 0.002) continue;
      values.push({layer: slot.layer, begin, end, y0: level, y1: level + share, state: colourName,
                   tip: `${slot.layer}\ncycles ${metric(begin)} to ${metric(end)}\n${name}: ${percent(share)}`});
      level += share;
    }
  }
  section("pipeline", "Pipeline", inFlight ? "The layers over the time of the run, all images together." : "The layers over the time of an image, on average over all images.", chart({
    title: "What the layers do over time (share of each slot of cycles)",
    text: "A layer starts on an output as soon as its inputs are there. Full height: all copies of the layer, all the time.",
    legend: states.map(([, name, colourName]) => [name, colourName]),
    spec: (width) => ({
      height: layers.length * 30,
      data: [{name: "values", values}, {name: "rows", values: layers.map((layer) => ({name: layer.name}))}],
      scales: [
        {name: "x", type: "linear", range: "width", domain: [0, Math.max(...values.map((value) => value.end))]},
        {name: "y", type: "band", range: "height", domain: layers.map((layer) => layer.name), paddingInner: 0.18},
        {name: "colour", type: "ordinal", domain: states.map((entry) => entry[2]), range: states.map((entry) => colour(entry[2]))},
      ],
      axes: [
        {orient: "left", scale: "y", ticks: false, domain: false, labelPadding: 8, labelLimit: labelRoom(width), labelColor: colour("ink")},
        {orient: "bottom", scale: "x", grid: true, domain: false, ticks: false, format: "~s", title: "cycle", tickCount: width < 480 ? 4 : 8},
      ],
      marks: [
        {type: "rect", from: {data: "rows"}, encode: {enter: {x: {value: 0}, x2: {signal: "width"}, y: {scale: "y", field: "name"}, height: {scale: "y", band: 1}, fill: {value: colour("unused")}}}},
        {type: "rect", from: {data: "values"}, encode: {update: {
          x: {scale: "x", field: "begin"}, x2: {scale: "x", field: "end", offset: 0.3},
          y: {signal: "scale('y', datum.layer) + bandwidth('y') * (1 - datum.y1)"}, y2: {signal: "scale('y', datum.layer) + bandwidth('y') * (1 - datum.y0)"},
          fill: {scale: "colour", field: "state"}, tooltip: {field: "tip"}}}},
      ],
    }),
  }));
}

// ---- Floor plan

function floorSection() {
  if (!results.tiles) return;
  const engines = data.engines_csv ? csv(data.engines_csv) : [];
  const perTile = Math.max(1, ...results.tiles.map((tile) => tile.engines), ...engines.map((engine) => Number(engine.engine.split(".pe")[1]) + 1));
  const across = Math.ceil(Math.sqrt(perTile * 4 / 3));
  const down = Math.ceil(perTile / across);
  const columns = Math.max(...results.tiles.map((tile) => tile.column)) + 1;
  const rows = Math.max(...results.tiles.map((tile) => tile.row)) + 1;
  const place = Object.fromEntries(results.tiles.map((tile) => [tile.tile, tile]));
  const slots = new Map(engines.map((engine) => [engine.engine, engine]));
  const cells = [];
  for (const tile of results.tiles) {
    for (let slot = 0; slot < perTile; ++slot) {
      const engine = slots.get(`tile${tile.tile}.pe${slot}`);
      cells.push({column: tile.column, row: tile.row, across: slot % across, down: Math.floor(slot / across),
                  used: Boolean(engine), value: engine ? Number(engine.utilisation) : 0,
                  tip: engine ? `${engine.engine}: ${engine.layer}\nworks ${percent(Number(engine.utilisation))} of the time\n${metric(Number(engine.activations) / images)} activations an image` : `tile${tile.tile}.pe${slot}: not in use`});
    }
  }
  const highest = Math.max(0.01, ...cells.map((cell) => cell.value));
  const used = sum(results.tiles.map((tile) => tile.engines));
  const average = sum(results.tiles.map((tile) => tile.cycles_working)) / Math.max(1, used * elapsed);
  const plan = chart({
    title: "Floor plan: how long each processing engine works (share of the run)",
    text: `Outlines are tiles of the mesh, fields their engines; only the part of the mesh with tiles in use is shown. An engine works while it loads, activates units, stalls in SCATTER or steps over zeros.`,
    spec: (width) => {
      const gap = width < 480 ? 4 : 10;
      const size = Math.min(190, (width - gap) / columns - gap);
      const field = (size - 6) / across;
      const fieldHeight = Math.min(field, 34);
      const head = size > 46 ? 18 : 0;
      const height = head + down * fieldHeight + 6;
      const left = (datum) => datum.column * (size + gap);
      const top = (datum) => datum.row * (height + gap);
      return {
        width: columns * (size + gap), autosize: "none",
        height: rows * (height + gap),
        data: [
          {name: "tiles", values: results.tiles.map((tile) => ({x: left(tile) + 1, y: top(tile) + 1, name: (size > 80 ? "tile " : "") + tile.tile, share: size > 120 ? percent(tile.utilisation, 0) : "",
            tip: `tile ${tile.tile}: ${tile.engines} engines, working ${percent(tile.utilisation)} of the time\n${tile.layers.join(", ")}`}))},
          {name: "cells", values: cells.map((cell) => ({...cell, x: left(cell) + 4 + cell.across * field, y: top(cell) + head + 4 + cell.down * fieldHeight}))},
        ],
        scales: [{name: "heat", type: "linear", domain: [0, highest], range: [colour("heat-low"), colour("heat-high")]}],
        marks: [
          {type: "rect", from: {data: "tiles"}, encode: {enter: {x: {field: "x"}, y: {field: "y"}, width: {value: size}, height: {value: height},
            cornerRadius: {value: 4}, fill: {value: colour("surface")}, stroke: {value: colour("line")}, tooltip: {field: "tip"}}}},
          ...(head ? [
            {type: "text", from: {data: "tiles"}, encode: {enter: {x: {field: "x", offset: 5}, y: {field: "y", offset: 13}, text: {field: "name"}, fontSize: {value: 11}, fill: {value: colour("muted")}}}},
            {type: "text", from: {data: "tiles"}, encode: {enter: {x: {field: "x", offset: size - 5}, y: {field: "y", offset: 13}, align: {value: "right"}, text: {field: "share"}, fontSize: {value: 11}, fill: {value: colour("muted")}}}}] : []),
          {type: "rect", from: {data: "cells"}, encode: {
            update: {x: {field: "x"}, y: {field: "y"}, width: {value: Math.max(2, field - 2)}, height: {value: Math.max(2, fieldHeight - 2)}, cornerRadius: {value: 2},
                     fill: [{test: "datum.used", scale: "heat", field: "value"}, {value: colour("unused")}], tooltip: {field: "tip"}, strokeWidth: {value: 0}},
            hover: {stroke: {value: colour("ink")}, strokeWidth: {value: 1}}}},
        ],
      };
    },
    figures: table({
      caption: "Tiles in use", rows: results.tiles.map((tile, i) => ({tile, i})),
      columns: [
        {title: "Tile", text: true, value: ({tile}) => tile.tile, cell: ({tile}) => "tile " + tile.tile},
        {title: "Column", value: ({tile}) => tile.column}, {title: "Row", value: ({tile}) => tile.row},
        {title: "Engines", value: ({tile}) => tile.engines, cell: ({i}) => shown(`/results/tiles/${i}/engines`, grouped)},
        {title: "Working", value: ({tile}) => tile.utilisation, cell: ({i}) => shown(`/results/tiles/${i}/utilisation`, percent)},
        {title: "Layers", text: true, value: ({tile}) => tile.layers.join(", ")},
      ],
    }),
  });
  plan.querySelector(".chart").before(rampLegend("0%", percent(highest, 0), "Time at work"));
  section("floorplan", "Floor plan", `${grouped(results.tiles.length)} tiles and ${grouped(used)} engines in use, working ${percent(average)} of the time on average.`, plan);
}

// ---- Repetition

const binName = (bin) => bin.from === bin.to ? String(bin.from) : `${bin.from}–${bin.to}`;

function repetitionSection() {
  const whole = results.repetition;
  if (!whole) return;
  const histogram = (title, text, bins, key, axis, below, colourName, pointer) => chart({
    title, text, spec: columns({axis, below, colourName, values: bins.map((bin) => ({label: binName(bin), value: bin[key], tip: `${binName(bin)}: ${grouped(bin[key])} ${key}`}))}),
    figures: table({caption: title, rows: bins.map((bin, i) => ({bin, i})), columns: [
      {title: below, text: true, value: ({bin}) => bin.from, cell: ({bin}) => binName(bin)},
      {title: axis, value: ({bin}) => bin[key], cell: ({i}) => shown(`${pointer}/${i}/${key}`, grouped)}]}),
  });
  const rows = layers.map((layer, i) => ({layer, i})).filter(({layer}) => layer.repetition);
  section("repetition", "Repetition", `${metric(whole.patterns)} patterns are stored in ${metric(whole.units)} operation units and used ${metric(whole.uses)} times by outputs: ${(whole.uses / Math.max(1, whole.patterns)).toFixed(2)} uses a pattern.`,
    element("div", {class: "pair"},
      histogram("Stored patterns by the outputs that use them", "From the weight image, all layers.", whole.patterns_by_uses, "patterns", "patterns", "uses of a pattern", "series-1", "/results/repetition/patterns_by_uses"),
      histogram("Operation units by fan-out", "Length of a unit's scatter list: entries that SCATTER adds for each activation.", whole.units_by_fan_out, "units", "operation units", "entries of a scatter list", "series-3", "/results/repetition/units_by_fan_out")),
    table({caption: "Repetition by layer", className: "panel", rows, columns: [
      {title: "Layer", text: true, value: ({i}) => i, cell: ({layer}) => layer.name},
      {title: "Patterns", value: ({layer}) => layer.repetition.patterns, cell: ({i}) => shown(ofLayer(i, "repetition/patterns"), grouped)},
      {title: "Uses", value: ({layer}) => layer.repetition.uses, cell: ({i}) => shown(ofLayer(i, "repetition/uses"), grouped)},
      {title: "Uses a pattern", value: ({layer}) => layer.repetition.uses / Math.max(1, layer.repetition.patterns), cell: ({layer}) => (layer.repetition.uses / Math.max(1, layer.repetition.patterns)).toFixed(2)},
      {title: "Operation units", value: ({layer}) => layer.repetition.units, cell: ({i}) => shown(ofLayer(i, "repetition/units"), grouped)},
      {title: "Entries a unit", value: ({layer}) => layer.repetition.uses / Math.max(1, layer.repetition.units), cell: ({layer}) => (layer.repetition.uses / Math.max(1, layer.repetition.units)).toFixed(2)},
      {title: "Products reused", note: "share of the multiply-accumulates that come out of a partial sum computed before", value: ({layer}) => reused(layer), cell: ({layer}) => percent(reused(layer))},
    ]}));
}

function reused({work}) {
  return work ? work.column_products_reused / Math.max(1, work.column_products_computed + work.column_products_reused + work.column_products_zero) : 0;
}

// ---- Area, links, configuration

function areaSection() {
  const area = results.area_mm2_in_use;
  const rows = Object.entries(area.by_component).filter(([, part]) => part.mm2 > 0).sort((a, b) => b[1].mm2 - a[1].mm2).map(([name, part]) => ({name, ...part}));
  section("area", "Area", `${Number(area.total.toPrecision(4))} mm² of the engines and tiles in use.`, chart({
    title: "Area in use by component (mm²)",
    spec: bars({rows: rows.map((row) => row.name), parts: [{name: "area", colour: "series-1"}], axis: "area, mm²",
                values: rows.map((row) => ({row: row.name, part: "area", value: row.mm2, tip: `${row.name}\n${Number(row.mm2.toPrecision(4))} mm², ${percent(row.mm2 / area.total)}\n${grouped(row.count)} instances`}))}),
    figures: table({caption: "Area in use by component", rows, columns: [
      {title: "Component", text: true, value: (row) => row.name},
      {title: "Instances", value: (row) => row.count, cell: (row) => shown(`/results/area_mm2_in_use/by_component/${escaped(row.name)}/count`, grouped)},
      {title: "mm²", value: (row) => row.mm2, cell: (row) => shown(`/results/area_mm2_in_use/by_component/${escaped(row.name)}/mm2`, (v) => String(Number(v.toPrecision(4))))},
      {title: "Share", value: (row) => row.mm2, cell: (row) => percent(row.mm2 / area.total)}]}),
  }));
}

function linkSection() {
  const links = Object.entries(results.links?.by_link || {}).map(([name, link]) => ({name, ...link}));
  if (links.length === 0) return;
  const pointer = (row, key) => `/results/links/by_link/${escaped(row.name)}/${key}`;
  section("links", "Links", "Links of the mesh that packets went over.", table({
    caption: "Links of the mesh", className: "panel tall", rows: links, columns: [
      {title: "Link", text: true, value: (row) => row.name},
      {title: "Packets", value: (row) => row.packets, cell: (row) => shown(pointer(row, "packets"), grouped)},
      {title: "Busy, cycles", value: (row) => row.cycles_busy, cell: (row) => shown(pointer(row, "cycles_busy"), metric)},
      {title: "Packets waited, cycles", value: (row) => row.cycles_waiting, cell: (row) => shown(pointer(row, "cycles_waiting"), metric)},
      {title: "Utilisation", value: (row) => row.utilisation, cell: (row) => shown(pointer(row, "utilisation"), percent)}],
  }));
}

function configurationSection() {
  const files = (data.files || []).flatMap((file, i) => [i ? ", " : "", element("a", {href: encodeURIComponent(file)}, file)]);
  section("configuration", "Configuration", null,
    files.length ? element("p", {}, "In the same folder: ", files, ".") : null,
    pre("Scenario: the effective configuration of the run", results.configuration),
    pre("Compression: the effective configuration of the weight image", results.image_configuration));
}

head();
summary();
accuracySection();
layerSection();
energySection();
timeSection();
pipelineSection();
floorSection();
repetitionSection();
areaSection();
linkSection();
configurationSection();
finish(`Made by reprise ${results.program_version} from results.json, schema ${results.schema_version}. Figures are sums over ${grouped(images)} images divided by their number unless a table says otherwise.`);
