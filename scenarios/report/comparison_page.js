// The page of several runs side by side: what `reprise compare` prints, and charts of the parts.

const runs = data.runs;
const series = (i) => (i < 8 ? `series-${i + 1}` : "series-other");
const imagesOf = (run) => Math.max(1, run.results.images);
const legend = runs.map((run, i) => [run.name, series(i)]);

function change(ratio) {
  const part = 100 * (ratio - 1);
  return (part >= 0 ? "+" : "−") + Math.abs(part).toFixed(1) + "%";
}

function figuresSection() {
  const ratio = (row, i) => (row.values[i] !== null && row.values[0] > 0 ? row.values[i] / row.values[0] : null);
  const columnsOf = runs.flatMap((run, i) => [
    {title: run.name, value: (row) => row.values[i], cell: (row) => row.values[i] === null ? row.texts[i] : figure(row.values[i], row.texts[i], `/quantities/${row.index}/values/${i}`)},
    ...(i === 0 ? [] : [
      {title: "ratio", note: `${run.name} over ${runs[0].name}`, value: (row) => ratio(row, i), cell: (row) => ratio(row, i)?.toFixed(3)},
      {title: "change", note: `from ${runs[0].name} to ${run.name}`, value: (row) => ratio(row, i), cell: (row) => ratio(row, i) === null ? null : change(ratio(row, i))}]),
  ]);
  section("figures", "Figures", `Ratios and changes are to the first run, ${runs[0].name}.`, table({
    caption: "Runs side by side", className: "panel",
    rows: data.quantities.map((quantity, index) => ({...quantity, index})),
    columns: [{title: "Quantity", text: true, value: (row) => row.index, cell: (row) => row.name.replace(/^ +/, "– ")}, ...columnsOf],
  }));
}

/** Bars of all runs, one below another in each row. `rows`: names; `value(run, name)`: a number, or undefined. */
function sideBySide({title, text, rows, value, axis, unit, format}) {
  const values = rows.flatMap((row) => runs.map((run, i) => ({row, run: i, value: value(run, row) ?? 0, tip: `${row}\n${run.name}: ${value(run, row) === undefined ? "not there" : format(value(run, row))}`})));
  return chart({
    title, text, legend,
    spec: (width) => ({
      height: rows.length * (12 * runs.length + 8),
      data: [{name: "values", values: values.map((entry) => ({...entry}))}],
      scales: [
        {name: "x", type: "linear", range: "width", nice: true, zero: true, domain: {data: "values", field: "value"}},
        {name: "y", type: "band", range: "height", domain: rows, paddingInner: 0.25, paddingOuter: 0.1},
        {name: "run", type: "band", domain: runs.map((run, i) => i), range: {signal: "[0, bandwidth('y')]"}},
        {name: "colour", type: "ordinal", domain: runs.map((run, i) => i), range: runs.map((run, i) => colour(series(i)))},
      ],
      axes: [
        {orient: "left", scale: "y", ticks: false, domain: false, labelPadding: 8, labelLimit: labelRoom(width), labelColor: colour("ink")},
        {orient: "bottom", scale: "x", grid: true, domain: false, ticks: false, format: "~s", title: axis, tickCount: width < 480 ? 4 : 8, ...withUnit(unit)},
      ],
      marks: [{type: "rect", from: {data: "values"}, encode: {
        update: {x: {scale: "x", value: 0}, x2: {scale: "x", field: "value"}, y: {signal: "scale('y', datum.row) + scale('run', datum.run)"}, height: {scale: "run", band: 1},
                 fill: {scale: "colour", field: "run"}, tooltip: {field: "tip"}, fillOpacity: {value: 1}},
        hover: {fillOpacity: {value: 0.75}}}}],
    }),
    figures: table({caption: title, rows: rows.map((row, i) => ({row, i})), columns: [
      {title: "", text: true, value: ({i}) => i, cell: ({row}) => row},
      ...runs.map((run) => ({title: run.name, value: ({row}) => value(run, row), cell: ({row}) => value(run, row) === undefined ? null : figure(value(run, row), format(value(run, row)))}))]}),
  });
}

/** Names in the order in which the runs have them. */
const allOf = (names) => [...new Set(runs.flatMap((run) => names(run.results)))];

const kLeastShare = 0.001;

function energySection() {
  const of = (run, name) => run.results.energy_pj.by_component[name];
  const share = (run, name) => (of(run, name) || 0) / run.results.energy_pj.total;
  const components = allOf((results) => Object.keys(results.energy_pj.by_component))
    .filter((name) => runs.some((run) => share(run, name) > kLeastShare))
    .sort((a, b) => Math.max(...runs.map((run) => (of(run, b) || 0) / imagesOf(run))) - Math.max(...runs.map((run) => (of(run, a) || 0) / imagesOf(run))));
  section("energy", "Energy", null, sideBySide({
    title: "Energy an image by component (J)", text: `Without those that take less than ${percent(kLeastShare)} in every run.`, rows: components, axis: "energy an image", unit: "J", format: (joule) => inUnit(joule, "J"),
    value: (run, name) => of(run, name) === undefined ? undefined : of(run, name) * 1e-12 / imagesOf(run),
  }), layerChart("Energy an image by layer (J)", "energy_pj", 1e-12, "energy an image", (joule) => inUnit(joule, "J"), "J"));
}

function layerChart(title, key, factor, axis, format, unit) {
  return sideBySide({
    title, axis, unit, format, rows: allOf((results) => results.layers.map((layer) => layer.name)),
    value: (run, name) => {
      const layer = run.results.layers.find((candidate) => candidate.name === name);
      return layer === undefined ? undefined : layer[key] * factor / imagesOf(run);
    },
  });
}

function timeSection() {
  const causes = Object.keys(kCauses).filter((cause) => runs.some((run) => run.results.lane_cycles.share[cause] > 0));
  const share = (run, cause) => run.results.lane_cycles.share[cause] ?? 0;
  section("time", "Time", null, layerChart("Busy cycles of an image by layer", "cycles_busy", 1, "busy cycles an image", metric), chart({
    title: "Where the cycles of engines and vector units go (share)", text: "All layers of each run.",
    legend: causes.map((cause) => [words(cause), "cause-" + cause]),
    spec: bars({rows: runs.map((run) => run.name), parts: causes.map((cause) => ({name: cause, colour: "cause-" + cause})), share: true, each: 34, axis: "share of the cycles",
                values: runs.flatMap((run) => causes.map((cause) => ({row: run.name, part: cause, value: share(run, cause), tip: `${run.name}\n${kCauses[cause]} (${words(cause)}): ${percent(share(run, cause))}`})))}),
    figures: table({caption: "Share of the cycles by cause", rows: causes.map((cause, i) => ({cause, i})), columns: [
      {title: "Cause", text: true, value: ({i}) => i, cell: ({cause}) => words(cause)},
      ...runs.map((run, i) => ({title: run.name, value: ({cause}) => share(run, cause), cell: ({cause}) => figure(share(run, cause), percent(share(run, cause)), `/runs/${i}/results/lane_cycles/share/${cause}`)}))]}),
  }));
}

function storageSection() {
  const parts = [["cells", "series-1"], ["table_bits", "series-2"], ["index_bits", "series-6"]];
  section("storage", "Storage", null, chart({
    title: "Storage of the network (bits)", text: "Cells, and the tables and indices that say what they are.", legend: parts.map(([name, colourName]) => [words(name), colourName]),
    spec: bars({rows: runs.map((run) => run.name), parts: parts.map(([name, colourName]) => ({name, colour: colourName})), each: 34, axis: "bits",
                values: runs.flatMap((run) => parts.map(([name]) => ({row: run.name, part: name, value: run.results.storage[name], tip: `${run.name}\n${words(name)}: ${metric(run.results.storage[name])}`})))}),
  }));
}

function configurationSection() {
  const lines = runs.map((run) => new Set(run.results.configuration.split("\n")));
  const differing = (i) => runs[i].results.configuration.split("\n").filter((line) => !lines.every((set) => set.has(line)));
  section("configuration", "Configuration", null, runs.map((run, i) => [
    element("h3", {}, run.name),
    element("p", {class: "lead"}, `${run.results.network} on ${run.results.engine}, ${grouped(run.results.images)} images`),
    differing(i).length ? element("pre", {tabindex: "0", "aria-label": `Lines that only some of the runs have: ${run.name}`}, differing(i).join("\n")) : null,
    pre("Effective configuration", run.results.configuration)]));
}

heading("Reprise · comparison", runs.map((run) => run.name).join(" · "), `${runs.length} runs side by side; ${[...new Set(runs.map((run) => run.results.network))].join(", ")}.`);
figuresSection();
energySection();
timeSection();
storageSection();
configurationSection();
finish("Made by reprise compare from results.json of each run.");
