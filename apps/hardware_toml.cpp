// Writes cost tables.
#include "apps/hardware_toml.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/text.hpp"
#include "apps/toml.hpp"

namespace clockless {

namespace {

class Writer {
 public:
  // Each source stands once in the file, under a name of its own.
  void tariffs(std::string_view kind, std::string_view unit, double factor,
               const std::vector<Tariff>& all) {
    for (const Tariff& tariff : all) {
      body += fmt::format("\n[[{}]]\nterm = {}\ntitle = {}\n", kind, quoted_toml(tariff.term),
                          quoted_toml(tariff.title));
      if (!tariff.covers.empty()) body += fmt::format("covers = {}\n", list(tariff.covers));
      if (!tariff.voltage.empty())
        body += fmt::format("voltage = {}\n", quoted_toml(tariff.voltage));
      body += fmt::format("unit = \"{}\"\n", unit);
      const auto same = [&](const Figure& f) {
        return f.value == tariff.nominal.value && f.source == tariff.nominal.source;
      };
      if (!same(tariff.min)) body += "min = " + figure(tariff.min, factor) + "\n";
      body += "nominal = " + figure(tariff.nominal, factor) + "\n";
      if (!same(tariff.max)) body += "max = " + figure(tariff.max, factor) + "\n";
    }
  }
  void limits(const std::vector<Limit>& all) {
    for (const Limit& limit : all)
      body += fmt::format("\n[[limit]]\nterm = {}\nfigure = {}\n", quoted_toml(limit.term),
                          figure(limit.figure, 1));
  }
  static std::string list(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) quoted.push_back(quoted_toml(text));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
  }
  std::string source_table() const {
    std::string out = "\n[sources]\n";
    for (std::size_t i = 0; i < sources_.size(); ++i)
      out += fmt::format("source{} = {}\n", i + 1, quoted_toml(sources_[i]));
    return out;
  }

  std::string body;

 private:
  // Fifteen digits: 51.2, not 51.199999999999996.
  std::string figure(const Figure& f, double factor) {
    const auto known = std::find(sources_.begin(), sources_.end(), f.source);
    const auto number = known - sources_.begin() + 1;
    if (known == sources_.end()) sources_.push_back(f.source);
    return fmt::format("{{ value = {:.15g}, grade = {}, source = \"source{}\" }}", f.value / factor,
                       quoted_toml(f.grade), number);
  }

  std::vector<std::string> sources_;
};

}  // namespace

std::string hardware_toml(const HardwareProfile& profile,
                          const std::vector<std::string>& comments) {
  std::string head;
  for (const std::string& comment : comments) head += "# " + printable(comment) + "\n";
  head += fmt::format("name = {}\ntitle = {}\nscope = \"{}\"\nvoltage = {}\nunpriced = {}\n",
                      quoted_toml(profile.name), quoted_toml(profile.title),
                      profile.scope == Scope::all_in ? "all-in" : "per-term",
                      quoted_toml(profile.voltage), Writer::list(profile.unpriced));
  Writer writer;
  writer.tariffs("price", "pJ", 1e-12, profile.energies);
  writer.tariffs("time", "ns", 1e-9, profile.times);
  writer.tariffs("power", "mW", 1e-3, profile.powers);
  writer.limits(profile.limits);
  return head + writer.source_table() + writer.body;
}

}  // namespace clockless
