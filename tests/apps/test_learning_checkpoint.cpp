// Checkpoints of learning: whole or not at all whatever kills the writer, refused when damaged or
// of another run, and a run that goes on from one ends in the bits of a run never stopped.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/command.hpp"
#include "apps/sparse/learning_checkpoint.hpp"
#include "core/meter.hpp"
#include "core/random.hpp"
#include "tests/apps/data/files.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

/// A state of 3 atoms and 2 features (or as many) that no other k has.
LearningCheckpoint made(std::uint64_t k, std::size_t atoms = 3, std::size_t features = 2) {
  LearningCheckpoint c;
  RandomStream random{.seed = k};
  FeedbackState& s = c.state;
  s.presented = 256 * k;
  s.spike_hash = random_bits(k, 1, 2);
  for (const CountTerm& term : count_terms) s.counts.*term.count = random_bits(k, 3, 4);
  for (auto* w : {&s.forward, &s.feedback, &s.lateral}) {
    const std::size_t rows = w == &s.forward ? features : atoms;
    const std::size_t columns = w == &s.feedback ? features : atoms;
    for (std::size_t i = 0; i < rows; ++i) {
      w->rows.push_back({random.uniform(), random.normal(), static_cast<double>(k)});
      for (std::size_t j = 0; j < columns; ++j)
        w->synapses.push_back({static_cast<float>(random.uniform())});
    }
  }
  for (auto* values : {&s.norms, &s.latches, &s.lessons})
    for (std::size_t i = 0; i < atoms; ++i) values->push_back(random.normal());
  c.run = {{"seed", k}, {"rate", 0.1}};
  c.course = json::array({1.5, "course"});
  return c;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same(const LearningCheckpoint& x, const LearningCheckpoint& y) {
  const FeedbackState &a = x.state, &b = y.state;
  bool all = x.run == y.run && x.course == y.course && a.presented == b.presented &&
             a.spike_hash == b.spike_hash && same_bits(a.norms, b.norms) &&
             same_bits(a.latches, b.latches) && same_bits(a.lessons, b.lessons);
  for (const CountTerm& term : count_terms)
    all = all && a.counts.*term.count == b.counts.*term.count;
  for (const auto part :
       {&FeedbackState::forward, &FeedbackState::feedback, &FeedbackState::lateral})
    all = all && same_bits((a.*part).synapses, (b.*part).synapses) &&
          same_bits((a.*part).rows, (b.*part).rows);
  return all;
}

std::string refusal(const fs::path& path) {
  const std::string message = error_of([&] { (void)read_checkpoint(path); });
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

std::string with_checksum(std::string bytes) {
  const std::uint64_t sum =
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

/// A number as it stands in the file.
std::string number(std::uint64_t n) { return {reinterpret_cast<const char*>(&n), sizeof n}; }

/// The real program in a process of its own, silent.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments) {
    std::vector<char*> words{const_cast<char*>(CLOCKLESS_PROGRAM)};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      const int nowhere = ::open("/dev/null", O_WRONLY);
      ::dup2(nowhere, 1);
      ::dup2(nowhere, 2);
      ::execv(CLOCKLESS_PROGRAM, words.data());
      ::_exit(127);
    }
    REQUIRE(child_ > 0);
  }
  ~Program() {
    if (child_ <= 0) return;
    send(SIGKILL);
    wait();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const { ::kill(child_, signal); }
  /// Its exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(child_, 0), &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t child_ = 0;
};

/// Small runs of the scenario, with nothing beside the learning itself.
struct Runs {
  TemporaryFolder folder;
  fs::path checkpoint = folder / "state";

  std::vector<std::string> arguments(const std::string& out, std::vector<std::string> more) const {
    std::vector<std::string> all{"run", "dictionary-learning", "--quiet", "-o",
                                 (folder / out).string()};
    more.insert(more.begin(), {"--data=synthetic", "--test_samples=20", "--reference=none",
                               "--activity=0.1", "--set", "threads=1", "--checkpoint_every=256"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> kept(const std::string& out, std::vector<std::string> more) const {
    more.push_back("--checkpoint=" + checkpoint.string());
    return arguments(out, std::move(more));
  }
  json summary(const std::string& out) const {
    return json::parse(contents(folder / out / "summary.json"));
  }
  std::uint64_t presented() const {
    const auto found = read_checkpoint(checkpoint);
    return found ? found->state.presented : 0;
  }
  /// Weights, spikes and counts to the bit.
  void check_same(const std::string& a, const std::string& b) const {
    for (const char* file : {"dictionary.npy", "forward.npy", "lateral.npy", "curves.csv"}) {
      CAPTURE(file);
      const std::string bytes = contents(folder / a / file);
      CHECK(bytes.size() > 200);
      CHECK((bytes == contents(folder / b / file)));
    }
    const json x = summary(a), y = summary(b);
    for (const char* key : {"spike_hash", "counts", "simulated_s"}) CHECK(x[key] == y[key]);
    for (const char* key : {"samples", "test_objective", "first_test_objective", "atoms_recovered",
                            "consistency", "symmetry", "spikes_per_sample", "energy_per_sample_j"})
      CHECK(x["results"][key] == y["results"][key]);
  }
};

}  // namespace

TEST_CASE("a checkpoint comes back bit for bit", "[app]") {
  const TemporaryFolder folder;
  CHECK_FALSE(read_checkpoint(folder / "none"));
  for (const std::uint64_t k : {1U, 2U, 3U}) {
    write_checkpoint(folder / "state", made(k, k, 2 * k));
    CHECK(same(read_checkpoint(folder / "state").value(), made(k, k, 2 * k)));
  }
  CHECK_FALSE(same(made(1), made(2)));
  auto other = made(1);
  other.state.lateral.synapses[3].weight += 0.1F;
  CHECK_FALSE(same(other, made(1)));
  CHECK(folder.entries() == 1);
  CHECK_THAT(error_of([&] { write_checkpoint(folder / "no" / "state", made(1)); }),
             Contains("create its folder first"));
}

TEST_CASE("a damaged checkpoint is told in one line, whatever is wrong with it", "[app]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "state";
  write_checkpoint(path, made(7));
  const std::string whole = contents(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ (1 << random_bits(i, 0, 0) % 8));
    put(path, bad);
    CAPTURE(i);
    REQUIRE_THAT(refusal(path), Contains(path.string()) && Contains("remove it to begin anew"));
    if (i % 5 != 0) continue;
    put(path, whole.substr(0, i));
    REQUIRE_THAT(refusal(path), Contains(path.string()) && Contains("remove it to begin anew"));
  }
  put(path, whole + "x");
  CHECK_THAT(refusal(path), Contains("damaged"));
  std::string later = whole.substr(0, whole.size() - 8);
  later[later.find('1')] = '2';
  put(path, with_checksum(later));
  CHECK_THAT(refusal(path), Contains("not a checkpoint of this version"));
  put(path, "PNG or whatever else, of some length, that was never a checkpoint");
  CHECK_THAT(refusal(path), Contains("not a checkpoint"));
  fs::remove(path);
  fs::create_directory(path);
  CHECK_THAT(refusal(path), Contains(path.string()));
}

TEST_CASE("a checkpoint whose checksum is right but whose content is not is damaged, too",
          "[app]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "state";
  write_checkpoint(path, made(7));
  const std::string whole = contents(path);
  const std::string magic = whole.substr(0, whole.find('\n') + 1);
  const auto with_header = [&](const std::string& header, const std::string& rest) {
    put(path, with_checksum(magic + number(header.size()) + header + rest));
    return refusal(path);
  };
  CHECK_THAT(with_header("{", ""), Contains("damaged"));
  CHECK_THAT(with_header("[1, 2]", ""), Contains("damaged"));
  CHECK_THAT(with_header("{\"run\": {}, \"course\": []}", ""), Contains("damaged"));
  put(path, with_checksum(magic + number(1ULL << 63) + "{}"));
  CHECK_THAT(refusal(path), Contains("damaged"));
  std::string longer = whole.substr(0, whole.size() - 8);
  put(path, with_checksum(longer));
  CHECK(same(read_checkpoint(path).value(), made(7)));
  put(path, with_checksum(longer + "more"));
  CHECK_THAT(refusal(path), Contains("damaged"));
  // A length that would overflow any sum of lengths.
  const std::size_t arrays = magic.size() + 8 + [&] {
    std::uint64_t size = 0;
    std::memcpy(&size, whole.data() + magic.size(), sizeof size);
    return static_cast<std::size_t>(size);
  }();
  for (const std::uint64_t huge : {~0ULL, 1ULL << 62, 1ULL << 40}) {
    longer.replace(arrays, 8, number(huge));
    put(path, with_checksum(longer));
    CHECK_THAT(refusal(path), Contains("damaged"));
  }
}

TEST_CASE("a writer killed at any moment leaves a whole checkpoint", "[app]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "state";
  constexpr std::size_t atoms = 700, features = 200;  // most of the time goes into the writing
  write_checkpoint(path, made(1, atoms, features));
  const std::vector<LearningCheckpoint> states{made(1, atoms, features), made(2, atoms, features)};
  RandomStream random{.seed = 20};
  std::size_t in_the_middle = 0;
  for (int kill = 0; kill < 20; ++kill) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      for (std::size_t k = 1;; ++k) write_checkpoint(path, states[k % 2]);
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(20000)));
    // Every other one when a new file has come to be.
    const auto since = Clock::now();
    while (kill % 2 == 0 && folder.entries() < 2 && Clock::now() - since < std::chrono::seconds(9))
      continue;
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const auto found = read_checkpoint(path);
    REQUIRE(found);
    CHECK(same(*found, states.at(found->state.presented / 256 - 1)));
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.path() != path) {
        ++in_the_middle;
        fs::remove(entry.path());
      }
  }
  INFO(in_the_middle << " of 20 kills in the middle of a file");
  CHECK(in_the_middle >= 3);
}

TEST_CASE("a run killed 20 times at random moments ends in the same bits", "[app][slow]") {
  const Runs runs;
  constexpr std::uint64_t seed = 7, kills = 20;
  const std::vector<std::string> size{"--samples=2000"};
  const auto start = Clock::now();
  REQUIRE(Program(runs.arguments("whole", size)).wait() == 0);  // without any checkpoint
  const auto length = Clock::now() - start;
  RandomStream random{.seed = seed};
  std::vector<std::uint64_t> at;  // samples on disk, kill by kill
  int finished = 0, tries = 0;
  const auto compare = [&] {
    runs.check_same("whole", "again");
    ++finished;
  };
  while (at.size() < kills && ++tries <= 80) {
    Program program(runs.kept("again", size));
    std::this_thread::sleep_for(0.7 * random.uniform() * length);
    program.send(SIGKILL);
    const int code = program.wait();
    if (code == -SIGKILL) {
      at.push_back(runs.presented());
      continue;
    }
    REQUIRE(code == 0);
    compare();
    fs::remove(runs.checkpoint);
  }
  REQUIRE(Program(runs.kept("again", size)).wait() == 0);
  compare();
  std::string moments;
  std::size_t on_the_way = 0, further = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    moments += " " + std::to_string(at[i]);
    on_the_way += at[i] > 0;
    further += at[i] > (i == 0 ? 0 : at[i - 1]);
  }
  INFO("seed " << seed << ", " << finished
               << " runs finished; samples on disk at each kill:" << moments);
  REQUIRE(at.size() == kills);
  CHECK(on_the_way >= 8);
  CHECK(further >= 4);
  std::sort(at.begin(), at.end());
  CHECK(std::unique(at.begin(), at.end()) - at.begin() >= 4);
  CHECK(runs.presented() == 1792);  // the last multiple of 256
}

TEST_CASE("Ctrl-C leaves a whole run folder, and the run goes on from its checkpoint", "[app]") {
  const Runs runs;
  const std::vector<std::string> size{"--samples=1200"};
  REQUIRE(Program(runs.arguments("whole", size)).wait() == 0);
  Program program(runs.kept("again", size));
  const auto start = Clock::now();
  while (runs.presented() == 0 && Clock::now() - start < std::chrono::seconds(60))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  program.send(SIGINT);
  REQUIRE(program.wait() == 130);
  const json summary = runs.summary("again");
  CHECK(summary["interrupted"] == true);
  const auto samples = summary["results"]["samples"].get<std::uint64_t>();
  CHECK(samples >= 256);
  CHECK(samples < 1200);
  for (const auto& file : summary["files"])
    CHECK(fs::exists(runs.folder / "again" / file.get<std::string>()));
  for (const char* file : {"dictionary.npy", "curves.csv", "configuration.toml", "report.html"})
    CHECK(fs::exists(runs.folder / "again" / file));
  CHECK(runs.folder.entries() == 3);  // whole, again, state
  const std::uint64_t from = runs.presented();
  CHECK(from == samples / 256 * 256);  // nothing but what came after the last whole stretch is lost
  REQUIRE(Program(runs.kept("again", size)).wait() == 0);
  runs.check_same("whole", "again");
  CHECK_FALSE(runs.summary("again").contains("interrupted"));
}

TEST_CASE("Ctrl-C before anything is learned leaves a run folder that can be run again", "[app]") {
  const Runs runs;
  Program program({"run", "dictionary-learning", "--quiet", "-o", (runs.folder / "a").string()});
  // Its folder is there from the start; what is measured and compared first takes long.
  const auto start = Clock::now();
  while (runs.folder.entries() == 0 && Clock::now() - start < std::chrono::seconds(60))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  program.send(SIGINT);
  REQUIRE(program.wait() == 130);
  const json summary = runs.summary("a");
  CHECK(summary["interrupted"] == true);
  CHECK_FALSE(summary["configuration"].contains("activity"));  // it was not measured to the end
}

TEST_CASE("a run goes on from a checkpoint of its own kind only", "[app]") {
  const Runs runs;
  const auto run = [&](const std::vector<std::string>& more) {
    return command(runs.kept("a", more));
  };
  REQUIRE(run({"--samples=520"}) == 0);
  const std::string before = contents(runs.checkpoint);
  REQUIRE(runs.presented() == 512);
  fs::remove_all(runs.folder / "a");
  const auto refused = [&](const std::vector<std::string>& more) {
    const std::string message = error_of([&] { run(more); });
    CHECK(message.find('\n') == std::string::npos);
    CHECK((contents(runs.checkpoint) == before));
    CHECK_FALSE(fs::exists(runs.folder / "a"));
    CHECK(runs.folder.entries() == 1);
    return message;
  };
  const auto other = [&](const std::string& key, const std::string& value) {
    CAPTURE(key);
    std::vector<std::string> words{"--samples=520", "--" + key + "=" + value};
    if (key == "jitter") words.push_back("--anticipate=true");       // likewise
    if (key == "replicas") words.push_back("--learning_rate=0.05");  // its default would be another
    CHECK_THAT(refused(words), Contains(runs.checkpoint.string()) &&
                                   Contains("a run with " + key + " = ") && Contains(value));
  };
  other("seed", "2");
  other("atoms", "23");
  other("features", "31");
  other("learning_rate", "0.02");
  other("lambda", "0.2");
  other("activity", "0.2");
  other("duration", "10.0");
  other("initialisation", "random");
  other("signal", "rate");
  other("anticipate", "false");
  other("noise", "0.5");
  other("jitter", "0.1");
  other("pause", "0.01");
  other("replicas", "5");
  CHECK_THAT(refused({"--samples=300"}), Contains("'samples' = 300") && Contains("512"));
  put(runs.checkpoint, before.substr(0, before.size() / 2));
  const std::string half = contents(runs.checkpoint);
  CHECK_THAT(error_of([&] { run({"--samples=520"}); }), Contains("damaged"));
  CHECK((contents(runs.checkpoint) == half));

  // The same name, another picture.
  const fs::path picture = runs.folder / "picture.pgm";
  const auto on_picture = [&](int of) {
    std::string pixels(64, '\0');
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<char>(random_bits(i, static_cast<std::uint64_t>(of), 0) & 0x7F);
    put(picture, "P5 8 8 255\n" + pixels);
    fs::remove_all(runs.folder / "a");
    return command({"run", "dictionary-learning", "--quiet", "-o", (runs.folder / "a").string(),
                    "--data=" + picture.string(), "--patch=4", "--atoms=8", "--samples=10",
                    "--test_samples=5", "--reference=none", "--activity=0.1",
                    "--checkpoint=" + (runs.folder / "of-picture").string()});
  };
  REQUIRE(on_picture(1) == 0);
  REQUIRE(on_picture(1) == 0);
  CHECK_THAT(error_of([&] { on_picture(2); }), Contains("your data's checksum"));
  fs::remove(picture);
  fs::remove(runs.folder / "of-picture");
  fs::remove_all(runs.folder / "a");

  // What does not change the weights may be another: more samples, threads, what is told of it.
  put(runs.checkpoint, before);
  REQUIRE(run({"--samples=700", "--reference=online", "--threads=2", "--checkpoint_every=5120"}) ==
          0);
  CHECK((contents(runs.checkpoint) == before));  // none was due
  REQUIRE(command(runs.arguments("whole", {"--samples=700", "--reference=online"})) == 0);
  runs.check_same("whole", "a");
  // Replicas, whose lots and checkpoints do not end at the same samples.
  fs::remove(runs.checkpoint);
  REQUIRE(run({"--samples=521", "--replicas=5"}) == 0);
  REQUIRE(runs.presented() == 515);
  REQUIRE(run({"--samples=700", "--replicas=5"}) == 0);
  REQUIRE(command(runs.arguments("whole", {"--samples=700", "--replicas=5"})) == 0);
  runs.check_same("whole", "a");
  put(runs.checkpoint, before);

  // A finished run that is run again has nothing to learn and the same to say.
  REQUIRE(run({"--samples=512"}) == 0);
  REQUIRE(command(runs.arguments("whole", {"--samples=512"})) == 0);
  runs.check_same("whole", "a");
}
