#pragma once

#include <string>

#include "platform/waveform.h"

namespace reprise {

/// A save file of GTKWave for a waveform: a group for each engine, its pipeline stages first and as text, a group for
/// each layer; radix and colours. It opens where the first engine shown begins.
/// @param waves  after finish()
/// @param dump   the waveform's file name, beside which the save file will stand
std::string wave_view(const WaveRecorder& waves, const std::string& dump);

}  // namespace reprise
