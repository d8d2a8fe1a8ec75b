#pragma once

#include <map>
#include <string>
#include <vector>

#include "scenarios/measurement.h"

namespace reprise {

/// What is compared.
enum class Metric {
  performance,    ///< cycles of an image, baseline over engine
  energy,         ///< share of the energy that is saved, converters by the law ppsim
  energy_saberi,  ///< the same by the law saberi
  activations,    ///< share of the activations that are saved
  cells,          ///< share of the ReRAM cells that are saved
  net_storage,    ///< the same with tables and indices
  crossbars,      ///< crossbars filled, baseline over engine
};

/// A figure that the literature reports for the mechanisms modelled here, and what is measured against it.
struct Claim {
  std::string id;  ///< S1 .. S5
  std::string engine;
  std::string baseline;  ///< a run: an engine, with "-sequential" where its layers take turns
  Metric metric = Metric::performance;
  double reported = 0.0;  ///< 0: nothing is, shown for comparison
};

const std::vector<Claim>& claims();

/// By network, then by run.
using Measurements = std::map<std::string, std::map<std::string, Measurement>>;

double measured(const Claim& claim, const std::map<std::string, Measurement>& runs);
/// Over the networks that were trained (over all where none was): geometric of ratios, arithmetic of shares.
double mean(const Claim& claim, const Measurements& measurements);

/// Reported beside measured, and the accuracy lost, for the terminal. Every run of the claims and every engine is
/// there.
std::string claims_text(const Measurements& measurements);
/// The same for programs: a list of claims, each with what is measured on each network.
std::string claims_json(const Measurements& measurements);
/// A line a claim and network.
std::string claims_csv(const Measurements& measurements);
/// All of it as a page: claims, every engine's counts, and what is responsible where a figure is missed.
std::string reproduction_page(const Measurements& measurements);

}  // namespace reprise
