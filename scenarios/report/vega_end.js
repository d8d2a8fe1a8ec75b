for (const name of ["vega-transforms", "vega-view-transforms", "vega-encode"]) {
  Object.assign(modules["vega-dataflow"].transforms, modules[name]);
}
return {parse: modules["vega-parser"].parse, View: modules["vega-view"].View};
})();
