#include "query/memory/memory_verdict.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace heapq {
namespace {

// A part below this share of the memory, or below this size, is not a finding.
constexpr double kMinShare = 0.25;
constexpr uint64_t kMinBytes = 16 << 20;
// Memory that an interpreter and its libraries allocate besides Ruby's objects:
// 2 MB for a bare Ruby, 8 MB for Rails, and more once wide structures were
// marked. Less than this is not evidence of a native leak.
constexpr uint64_t kNativeBase = 16 << 20;
constexpr double kFreeRatio = 0.65;
constexpr size_t kUnsizedShown = 3;
// A holder is named if it has at least 1/kHolderPart of the growth.
constexpr uint64_t kHolderPart = 3;
// Objects are a working set if running methods hold 1/kWorkingSetPart of them.
constexpr uint64_t kWorkingSetPart = 2;

// Live objects may be a leak or not: RefineByLeak decides.
bool IsAlarm(MemoryVerdict verdict) {
  return verdict == MemoryVerdict::kNative ||
         verdict == MemoryVerdict::kFragmentedHeap ||
         verdict == MemoryVerdict::kFragmentedMalloc;
}

struct Candidate {
  MemoryVerdict verdict;
  uint64_t bytes;
};

std::string Bytes(uint64_t bytes) {
  constexpr double kMb = 1e6;
  const double mb = static_cast<double>(bytes) / kMb;
  return mb < 10 ? absl::StrFormat("%.1f MB", mb)
                 : absl::StrFormat("%.0f MB", mb);
}

std::string SignedMb(int64_t bytes) {
  return absl::StrCat(bytes < 0 ? "-" : "+",
                      Bytes(static_cast<uint64_t>(std::abs(bytes))));
}

std::string Share(uint64_t part, uint64_t whole) {
  return absl::StrFormat("%.0f%%", whole == 0
                                       ? 0.0
                                       : 100.0 * static_cast<double>(part) /
                                             static_cast<double>(whole));
}

uint64_t ObjectBytes(const MemorySplit& split) {
  return split.Of(MemoryPart::kSlots) + split.Of(MemoryPart::kOwned);
}

std::string UnsizedClasses(const MemoryAccount& account) {
  std::string text;
  for (size_t i = 0; i < std::min(kUnsizedShown, account.unsized.size()); ++i) {
    const MemoryAccount::Unsized& each = account.unsized[i];
    absl::StrAppend(&text, text.empty() ? "" : ", ", each.count, " × ",
                    each.name);
    if (!each.library.empty()) {
      absl::StrAppend(&text, " (", each.library, ")");
    }
  }
  return text;
}

void Garbage(const MemorySplit& split, MemoryFinding* finding) {
  finding->sentence = absl::StrCat(
      Bytes(finding->bytes), " (", Share(finding->bytes, split.total),
      ") are garbage that waits for a collection: not a leak");
  finding->advice = {
      "The next major collection frees the objects; GC.start shows it at once",
      "If the process stays this large afterwards, its heap is fragmented"};
}

// Estimates what a compaction and the collections after it give back. Up to
// Ruby 3.4 that is nearly all; 4.0 keeps empty pages until its heap is 65 %
// free (RUBY_GC_HEAP_FREE_SLOTS_MAX_RATIO), as counted before the compaction.
uint64_t CompactionGives(const MemoryAccount& account,
                         const MemorySplit& split) {
  const uint64_t free = split.Of(MemoryPart::kFreeSlots);
  if (account.ruby < 400) return free;
  const auto kept = static_cast<uint64_t>(
      kFreeRatio * static_cast<double>(free + split.Of(MemoryPart::kSlots)));
  return free > kept ? free - kept : 0;
}

void FragmentedHeap(const MemoryAccount& account, const MemorySplit& split,
                    MemoryFinding* finding) {
  finding->sentence =
      absl::StrCat("Ruby's heap is fragmented: ", Bytes(finding->bytes), " (",
                   Share(finding->bytes, split.total),
                   ") are free slots on pages that cannot be given back");
  if (account.sparse_pages > 0) {
    finding->advice.push_back(absl::StrCat(
        account.sparse_pages, " of ", account.pages_with_objects,
        " pages are less than a tenth full; the classes below are on them"));
  }
  finding->advice.push_back(
      absl::StrCat("GC.compact packs the objects; the collections after it "
                   "would free about ",
                   Bytes(CompactionGives(account, split))));
}

void FragmentedMalloc(const MemoryAccount& account, const MemorySplit& split,
                      MemoryFinding* finding) {
  finding->sentence = absl::StrCat(
      "malloc is fragmented: ", Bytes(finding->bytes), " (",
      Share(finding->bytes, split.total), ") were freed by the program, and ",
      account.allocator, " keeps them");
  if (account.allocator != "glibc") return;
  finding->advice = {
      absl::StrCat("malloc_trim(0) returns up to ", Bytes(finding->bytes),
                   ", as far as whole pages are free"),
      absl::StrCat("The process has ", account.arenas,
                   " arenas besides the main heap; start it with "
                   "MALLOC_ARENA_MAX=2, or with jemalloc preloaded")};
}

void Native(const MemoryAccount& account, const MemorySplit& split,
            MemoryFinding* finding) {
  finding->sentence = absl::StrCat(
      Bytes(finding->bytes), " (", Share(finding->bytes, split.total),
      ") are allocated by native code, and no Ruby object reports them");
  const std::string classes = UnsizedClasses(account);
  if (!classes.empty()) {
    finding->advice.push_back(absl::StrCat(
        "Extensions that do not report what their objects take: ", classes));
  }
  finding->advice.push_back(
      account.allocator == "jemalloc"
          ? "Find the callers: MALLOC_CONF=prof:true,prof_leak:true, then "
            "jeprof --show_bytes $(which ruby) jeprof.*.heap"
          : "Find the callers: heaptrack --pid PID, then heaptrack_print");
}

void Unexplained(const MemoryAccount& account, const MemorySplit& split,
                 MemoryFinding* finding) {
  finding->sentence = absl::StrCat(
      Bytes(finding->bytes), " (", Share(finding->bytes, split.total),
      ") are outside Ruby's objects, and this dump does not say for what");
  if (account.is_of_status_file) {
    finding->advice.emplace_back(
        "A dump by the heap_dump gem splits them into native memory, "
        "fragmentation, garbage and stacks");
  }
  for (const std::string& why : account.left_out) {
    finding->advice.push_back(absl::StrCat("Left out by the dump: ", why));
  }
}

void Describe(const MemoryAccount& account, const MemorySplit& split,
              MemoryFinding* finding) {
  switch (finding->verdict) {
    case MemoryVerdict::kObjects:
      finding->sentence = absl::StrCat(
          "The largest part is live Ruby objects: ", Bytes(finding->bytes),
          " (", Share(finding->bytes, split.total), ")");
      finding->advice = {"heapq suspects says whether something leaks"};
      break;
    case MemoryVerdict::kWorkingSet:
      break;  // RefineByWorkingSet describes it
    case MemoryVerdict::kGarbage:
      return Garbage(split, finding);
    case MemoryVerdict::kFragmentedHeap:
      return FragmentedHeap(account, split, finding);
    case MemoryVerdict::kFragmentedMalloc:
      return FragmentedMalloc(account, split, finding);
    case MemoryVerdict::kNative:
      return Native(account, split, finding);
    case MemoryVerdict::kUnexplained:
      return Unexplained(account, split, finding);
    case MemoryVerdict::kSmall:
      finding->sentence = absl::StrCat(
          "Nothing stands out in ", Bytes(split.total), " of resident memory");
      break;
  }
}

}  // namespace

std::string_view KeyOf(MemoryVerdict verdict) {
  switch (verdict) {
    case MemoryVerdict::kObjects:
      return "objects";
    case MemoryVerdict::kWorkingSet:
      return "working_set";
    case MemoryVerdict::kGarbage:
      return "garbage";
    case MemoryVerdict::kFragmentedHeap:
      return "fragmented_heap";
    case MemoryVerdict::kFragmentedMalloc:
      return "fragmented_malloc";
    case MemoryVerdict::kNative:
      return "native";
    case MemoryVerdict::kUnexplained:
      return "unexplained";
    case MemoryVerdict::kSmall:
      return "small";
  }
  return "";
}

std::string_view LevelOf(const MemoryFinding& finding) {
  return finding.is_alarm ? "alarm" : "normal";
}

MemoryFinding JudgeMemory(const MemoryAccount& account,
                          const MemorySplit& split) {
  const auto above = [](const Candidate& candidate) {
    const bool has_base = candidate.verdict == MemoryVerdict::kNative ||
                          candidate.verdict == MemoryVerdict::kUnexplained;
    const uint64_t base = has_base ? kNativeBase : 0;
    return candidate.bytes > base ? candidate.bytes - base : 0;
  };
  const std::array<Candidate, 6> candidates = {{
      {MemoryVerdict::kObjects, ObjectBytes(split)},
      {MemoryVerdict::kGarbage, split.Of(MemoryPart::kGarbage)},
      {MemoryVerdict::kFragmentedHeap, split.Of(MemoryPart::kFreeSlots)},
      {MemoryVerdict::kFragmentedMalloc, split.Of(MemoryPart::kFreeMalloc)},
      {MemoryVerdict::kNative, split.Of(MemoryPart::kNative)},
      {MemoryVerdict::kUnexplained, split.Of(MemoryPart::kUnknown)},
  }};
  const Candidate& largest =
      *std::max_element(candidates.begin(), candidates.end(),
                        [&above](const Candidate& a, const Candidate& b) {
                          return above(a) < above(b);
                        });
  MemoryFinding finding;
  const double least = kMinShare * static_cast<double>(split.total);
  if (above(largest) >= kMinBytes &&
      static_cast<double>(above(largest)) >= least) {
    finding.verdict = largest.verdict;
    finding.bytes = largest.bytes;
    finding.is_alarm = IsAlarm(largest.verdict);
  }
  Describe(account, split, &finding);
  return finding;
}

void RefineByWorkingSet(const WorkingSet& set, const MemorySplit& split,
                        MemoryFinding* finding) {
  if (finding->verdict != MemoryVerdict::kObjects ||
      set.bytes < finding->bytes / kWorkingSetPart) {
    return;
  }
  finding->verdict = MemoryVerdict::kWorkingSet;
  finding->sentence = absl::StrCat(
      "The largest part is the working set of methods that were running: ",
      Bytes(set.bytes), " (", Share(set.bytes, split.total),
      ") are held by their locals alone, most by ", set.local,
      set.method.empty() ? "" : " of ", set.method);
  finding->advice = {
      "Not a leak if it is gone when the work is done: take a second dump "
      "then, and compare them with heapq diff"};
}

void RefineByLeak(const LikelyLeak* leak, const MemorySplit& split,
                  MemoryFinding* finding) {
  if (finding->verdict != MemoryVerdict::kObjects) return;
  if (leak == nullptr) {
    finding->sentence = absl::StrCat(
        "Nothing unusual: live Ruby objects are the largest part, ",
        Bytes(finding->bytes), " (", Share(finding->bytes, split.total),
        "), and none of them looks like a leak");
    finding->advice = {
        "If the process grows, take a second dump later, and compare them with "
        "heapq diff"};
    return;
  }
  finding->is_alarm = true;
  absl::StrAppend(&finding->sentence, "; a likely leak of ",
                  Bytes(leak->retained), " is held by ", leak->holder);
  finding->advice = {"heapq suspects shows what leaks and the path to it"};
}

std::string ExplainGrowth(const MemorySplit& before, const MemorySplit& after,
                          const GrownHolder* holder) {
  const auto change = [](uint64_t from, uint64_t to) {
    return static_cast<int64_t>(to) - static_cast<int64_t>(from);
  };
  const int64_t total = change(before.total, after.total);
  const int64_t objects = change(ObjectBytes(before), ObjectBytes(after));
  const std::string rss = SignedMb(total) + " RSS";
  if (total < static_cast<int64_t>(kMinBytes)) {
    return absl::StrCat(rss, ", live Ruby objects ", SignedMb(objects));
  }
  MemoryPart most = MemoryPart::kUnknown;
  int64_t largest = 0;
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    if (part == MemoryPart::kSlots || part == MemoryPart::kOwned) continue;
    const int64_t grown = change(before.Of(part), after.Of(part));
    if (grown > largest) {
      largest = grown;
      most = part;
    }
  }
  const auto largest_text = [&] {
    return Bytes(static_cast<uint64_t>(largest));
  };
  const std::string objects_text =
      Bytes(static_cast<uint64_t>(std::abs(objects)));
  if (largest > objects &&
      static_cast<double>(objects) < kMinShare * static_cast<double>(total)) {
    return absl::StrCat(rss, ": live Ruby objects ",
                        objects < 0 ? "shrank" : "grew", " by ", objects_text,
                        ", so it is not a leak of Ruby objects; ",
                        std::string(NameOf(most)), " grew by ", largest_text());
  }
  std::string text = absl::StrCat(rss, ": ");
  if (largest > objects) {
    absl::StrAppend(&text, largest_text(), " are ", std::string(NameOf(most)),
                    ", and ");
  }
  absl::StrAppend(&text, objects_text, " are live Ruby objects");
  if (holder != nullptr &&
      holder->bytes >= static_cast<uint64_t>(objects) / kHolderPart) {
    absl::StrAppend(&text, ", held by ", holder->name);
  }
  return text;
}

}  // namespace heapq
