#include "query/suspects/suspects.h"

#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/app/commands.h"
#include "cli/app/percentage.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/output/json_writer.h"
#include "cli/output/suspect_json.h"
#include "cli/output/suspect_text.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/no_roots.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

constexpr size_t kReasons = 2;

struct Options {
  std::string share;
  std::string known;
  std::vector<std::string> against;
  std::string rules;
};

// One fingerprint a line, the first word; # begins a comment.
absl::StatusOr<std::set<std::string>> ReadKnown(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path,
        ": cannot read; list a fingerprint a line, as suspects shows "
        "them"));
  }
  std::set<std::string> known;
  for (std::string line; std::getline(file, line);) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line[begin] == '#') continue;
    known.insert(
        line.substr(begin, line.find_first_of(" \t\r", begin) - begin));
  }
  return known;
}

void WriteJson(const std::vector<Suspect>& suspects,
               const std::vector<std::string>& states,
               const GoneFingerprints& gone, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("suspects").BeginArray();
  for (size_t i = 0; i < suspects.size(); ++i) {
    const Suspect& suspect = suspects[i];
    json.BeginMap();
    WriteSuspectFields(suspect, i + 1, &json);
    json.Key("state").TextOrNull(states[i]);
    json.EndMap();
  }
  json.EndArray();
  json.Key("gone").BeginArray();
  for (const std::string& fingerprint : gone.fingerprints) {
    json.Text(fingerprint);
  }
  json.EndArray();
  json.Key("gone_below").Number(gone.least_bytes).EndMap();
  json.Finish();
}

void WriteCsv(const std::vector<Suspect>& suspects,
              const std::vector<std::string>& states, Session& session) {
  auto rows = session.Rows({{"rank", "rank", RowColumn::kCount},
                            {"level", "level"},
                            {"fingerprint", "fingerprint"},
                            {"state", "state"},
                            {"retained", "retained", RowColumn::kBytes},
                            {"share", "share"},
                            {"count", "count", RowColumn::kCount},
                            {"address", "at"},
                            {"sentence", "sentence"},
                            {"path", "path"},
                            {"look_at", "look at"}});
  for (size_t i = 0; i < suspects.size(); ++i) {
    const Suspect& suspect = suspects[i];
    rows->Row({static_cast<uint64_t>(i + 1),
               std::string(SuspectLevelName(suspect.level)),
               suspect.fingerprint, CellOrNull(states[i]), suspect.retained,
               suspect.share, suspect.count,
               AddressText(suspect.object.address), suspect.sentence,
               MaskedPathOf(suspect), suspect.look_at.place.Text()});
  }
  rows->Finish();
}

void WriteTable(const std::vector<Suspect>& suspects,
                const std::vector<std::string>& states,
                const GoneFingerprints& gone, Session& session) {
  std::ostream& out = session.out();
  for (size_t i = 0; i < suspects.size(); ++i) {
    const Suspect& suspect = suspects[i];
    if (i > 0) out << '\n';
    std::string head = absl::StrCat(
        i + 1, ". ",
        absl::AsciiStrToUpper(std::string(SuspectLevelName(suspect.level))),
        ": ", SentenceOf(suspect), ".");
    if (!states[i].empty()) absl::StrAppend(&head, "  [", states[i], "]");
    out << Styled(SafeText(head), Style::kBold, session.color()) << '\n';
    out << "   " << SafeText(MaskedPathOf(suspect)) << '\n';
    if (suspect.look_at.place.known()) {
      out << "   Look at "
          << SafeText(absl::StrCat(suspect.look_at.place.Text(), ": ",
                                   suspect.look_at.text))
          << '\n';
    }
    if (suspect.allocated_at.has_value()) {
      out << "   Allocated at " << SafeText(suspect.allocated_at->Text())
          << '\n';
    }
    std::vector<std::string> reasons;
    for (const Evidence& evidence : suspect.evidence) {
      if (reasons.size() < kReasons) reasons.push_back(evidence.text);
    }
    if (!reasons.empty()) {
      out << "   Why: " << SafeText(absl::StrJoin(reasons, "; ")) << '\n';
    }
    out << "   " << AddressText(suspect.object.address) << ", fingerprint "
        << suspect.fingerprint << '\n';
  }
  for (const std::string& fingerprint : gone.fingerprints) {
    out << "GONE: " << SafeText(fingerprint) << " (nothing, or less than "
        << HumanBytes(gone.least_bytes) << ")\n";
  }
}

absl::Status Run(const Options& options, Session& session) {
  double share = 0;
  if (!options.share.empty()) {
    ASSIGN_OR_RETURN(share, ParseShare(options.share));
  }
  std::set<std::string> known;
  if (!options.known.empty()) {
    ASSIGN_OR_RETURN(known, ReadKnown(options.known));
  }
  std::vector<std::unique_ptr<HeapDb>> older;
  std::vector<HeapDb*> heaps;
  for (const std::string& file : options.against) {
    ASSIGN_OR_RETURN(std::unique_ptr<HeapDb> heap,
                     session.OpenDb(file, Session::Reads::kMuch));
    heaps.push_back(heap.get());
    older.push_back(std::move(heap));
  }
  RETURN_IF_ERROR(UseRules(options.rules));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  heaps.push_back(db.get());
  ASSIGN_OR_RETURN(const std::vector<Suspect> suspects,
                   heaps.size() == 1 ? FindSuspects(db.get(), share)
                                     : FindSuspects(heaps, share));
  std::vector<std::string> states;
  for (const Suspect& suspect : suspects) {
    const bool was_known = known.count(suspect.fingerprint) != 0;
    states.push_back(options.known.empty() ? "" : was_known ? "KNOWN" : "NEW");
  }
  GoneFingerprints gone;
  if (!known.empty()) {
    ASSIGN_OR_RETURN(gone, FindGone(db.get(), known));
  }
  switch (session.format()) {
    case Format::kJson:
      WriteJson(suspects, states, gone, session);
      break;
    case Format::kCsv:
      WriteCsv(suspects, states, session);
      break;
    case Format::kTable:
      WriteTable(suspects, states, gone, session);
      break;
  }
  ASSIGN_OR_RETURN(const bool has_roots, HasRoots(db.get()));
  if (!has_roots) {
    session.Note(absl::StrCat(kNoRoots, "."));
    session.Next({session.Command("top-types"), session.Command("waste")});
    return absl::OkStatus();
  }
  if (suspects.empty()) {
    session.Note(options.share.empty()
                     ? "The heap is too small for suspects"
                     : absl::StrCat("No suspect keeps ", options.share,
                                    " of the heap; leave --share out"));
    session.Next({session.Command("top-retainers"), session.Command("tree")});
    return absl::OkStatus();
  }
  const std::string address = AddressText(suspects.front().object.address);
  session.Next({session.Command("why-alive " + address),
                session.Command("tree " + address)});
  return absl::OkStatus();
}

}  // namespace

void AddSuspects(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "suspects", "What looks like a leak, and what is large, ranked");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("--share", &options->share,
                  "Leave out those that keep less of the reachable bytes")
      ->ValueName("PERCENT");
  command
      ->AddOption("--known", &options->known,
                  "File of fingerprints: marks the others NEW, lists the GONE")
      ->ValueName("FILE");
  command
      ->AddOption("--against", &options->against,
                  "Older heap.db of the same program, oldest first: what grew "
                  "leads")
      ->Count(1, 2)
      ->ValueName("OLD.db");
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
