#include "query/diff/diff.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/percentage.h"
#include "cli/app/session.h"
#include "cli/output/json_writer.h"
#include "cli/output/suspect_json.h"
#include "cli/output/suspect_text.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string share = "5%";
  uint64_t count = 15;
};

void WriteAmounts(const DiffRow& row, JsonWriter* json) {
  json->Key("amounts").BeginArray();
  for (const Amount& amount : row.amounts) {
    json->BeginMap().Key("count").Signed(amount.count);
    json->Key("size").Signed(amount.size);
    json->Key("retained").Signed(amount.retained);
    json->Key("at_most").Bool(amount.at_most).EndMap();
  }
  json->EndArray();
  const auto write = [json](const char* key, const Amount& amount) {
    json->Key(key).BeginMap().Key("count").Signed(amount.count);
    json->Key("size").Signed(amount.size);
    json->Key("retained").Signed(amount.retained).EndMap();
  };
  write("growth", row.Growth());
  write("per_dump", row.PerDump());
}

void WriteJson(const HeapDiff& diff, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(2);
  json.Key("verdict").Text(diff.verdict);
  json.Key("memory").TextOrNull(diff.memory);
  json.Key("minutes");
  if (diff.minutes > 0) {
    json.Real(diff.minutes);
  } else {
    json.Null();
  }
  json.Key("growth").BeginArray();
  for (size_t i = 0; i < diff.growth.size(); ++i) {
    json.BeginMap();
    WriteSuspectFields(diff.growth[i], i + 1, &json);
    json.EndMap();
  }
  json.EndArray();
  json.Key("compacted").Bool(diff.compacted);
  json.Key("added_count").Number(diff.added_count);
  json.Key("removed_count").Number(diff.removed_count);
  json.Key("same_count").Number(diff.same_count);
  json.Key("reused_count").Number(diff.reused_count);
  const auto section = [&json](const char* key,
                               const std::vector<DiffRow>& rows,
                               const std::vector<std::string>* texts) {
    json.Key(key).BeginArray();
    for (size_t i = 0; i < rows.size(); ++i) {
      json.BeginMap().Key("name").Text(rows[i].name);
      if (texts != nullptr) json.Key("where").Text((*texts)[i]);
      WriteAmounts(rows[i], &json);
      json.EndMap();
    }
    json.EndArray();
  };
  section("classes", diff.classes, nullptr);
  section("namespaces", diff.namespaces, nullptr);
  section("sites", diff.sites, nullptr);
  section("gems", diff.gems, nullptr);
  section("suspects", diff.suspects, &diff.suspect_texts);
  json.Key("added").BeginArray();
  for (const NewObjectGroup& group : diff.added) {
    json.BeginMap().Key("class").Text(group.class_name);
    json.Key("site").TextOrNull(group.site);
    json.Key("count").Number(group.count);
    json.Key("size").Number(group.size).EndMap();
  }
  json.EndArray();
  json.Key("notes").BeginArray();
  for (const std::string& note : diff.notes) json.Text(note);
  json.EndArray().EndMap();
  json.Finish();
}

void WriteCsv(const HeapDiff& diff, Session& session) {
  auto rows = session.Rows({{"what", "what"},
                            {"name", "name"},
                            {"count", "count", RowColumn::kNumber},
                            {"size", "size", RowColumn::kNumber},
                            {"retained", "retained", RowColumn::kNumber},
                            {"count_per_dump", "", RowColumn::kNumber},
                            {"size_per_dump", "", RowColumn::kNumber},
                            {"retained_per_dump", "", RowColumn::kNumber}});
  const auto section = [&rows](const char* what,
                               const std::vector<DiffRow>& list) {
    for (const DiffRow& row : list) {
      const Amount growth = row.Growth();
      const Amount rate = row.PerDump();
      rows->Row({what, row.name, growth.count, growth.size, growth.retained,
                 rate.count, rate.size, rate.retained});
    }
  };
  for (const Suspect& suspect : diff.growth) {
    const Growth& growth = *suspect.growth;
    const auto steps = static_cast<uint64_t>(growth.amounts.size() - 1);
    rows->Row({"growth",
               absl::StrCat(suspect.held_class, " in ", suspect.holder),
               growth.count, growth.bytes, RowCell(), growth.count / steps,
               growth.bytes / steps, RowCell()});
  }
  section("class", diff.classes);
  section("namespace", diff.namespaces);
  section("site", diff.sites);
  section("gem", diff.gems);
  section("suspect", diff.suspects);
  for (const NewObjectGroup& group : diff.added) {
    rows->Row({"added",
               group.site.empty() ? group.class_name
                                  : group.class_name + " " + group.site,
               group.count, group.size, RowCell(), RowCell(), RowCell(),
               RowCell()});
  }
  rows->Finish();
}

void PrintTitle(const std::string& title, Session& session) {
  session.out() << '\n' << Styled(title, Style::kBold, session.color()) << '\n';
}

void PrintMore(size_t all, uint64_t shown, Session& session) {
  if (all <= shown) return;
  session.out() << "… " << Grouped(static_cast<int64_t>(all - shown))
                << " more\n";
}

// "10 → 20 → 30", for three heaps.
std::string Counts(const DiffRow& row) {
  std::string text;
  for (const Amount& amount : row.amounts) {
    absl::StrAppend(&text, text.empty() ? "" : " → ", Grouped(amount.count));
  }
  return text;
}

// The growth by one measure: from the first heap to the last, and for three
// heaps how many there were in each.
void PrintSection(const std::string& title, const std::string& name,
                  const std::vector<DiffRow>& rows,
                  const std::vector<std::string>* texts, uint64_t count,
                  Session& session) {
  if (rows.empty()) return;
  PrintTitle(title, session);
  std::vector<RowColumn> columns = {
      {"count", "count", RowColumn::kCountChange},
      {"size", "size", RowColumn::kBytesChange},
      {"retained", "retained", RowColumn::kBytesChange}};
  const bool three = rows.front().amounts.size() > 2;
  if (three) {
    columns.push_back({"per_dump", "per dump", RowColumn::kBytesChange});
    columns.push_back({"counts", "counts"});
  }
  columns.push_back({"name", name});
  auto table = session.Rows(columns);
  for (size_t i = 0; i < rows.size() && i < count; ++i) {
    const Amount growth = rows[i].Growth();
    std::vector<RowCell> cells = {growth.count, growth.size, growth.retained};
    if (three) {
      cells.emplace_back(rows[i].PerDump().retained);
      cells.emplace_back(Counts(rows[i]));
    }
    const std::string& text = texts == nullptr ? rows[i].name : (*texts)[i];
    cells.emplace_back(text);
    table->Row(cells);
  }
  table->Finish();
  PrintMore(rows.size(), count, session);
}

// "0 → 300 → 600"; "<16" where only an upper bound is known.
std::string AmountsText(const Growth& growth, uint64_t PathAmount::*of) {
  std::string text;
  for (const PathAmount& amount : growth.amounts) {
    absl::StrAppend(&text, text.empty() ? "" : " → ",
                    amount.exact || amount.*of == 0 ? "" : "≤",
                    Grouped(static_cast<int64_t>(amount.*of)));
  }
  return text;
}

void PrintGrowth(const HeapDiff& diff, uint64_t count, Session& session) {
  if (diff.growth.empty()) return;
  PrintTitle("Growth by masked path", session);
  auto table = session.Rows({{"level", "level"},
                             {"count", "count", RowColumn::kCountChange},
                             {"bytes", "bytes", RowColumn::kBytesChange},
                             {"counts", "counts"},
                             {"held", "class"},
                             {"holder", "in"},
                             {"fingerprint", "fingerprint"},
                             {"example", "example"}});
  for (size_t i = 0; i < diff.growth.size() && i < count; ++i) {
    const Suspect& suspect = diff.growth[i];
    const Growth& growth = *suspect.growth;
    table->Row({std::string(SuspectLevelName(suspect.level)),
                static_cast<int64_t>(growth.count),
                static_cast<int64_t>(growth.bytes),
                AmountsText(growth, &PathAmount::count), suspect.held_class,
                suspect.holder, suspect.fingerprint,
                AddressText(suspect.object.address)});
  }
  table->Finish();
  PrintMore(diff.growth.size(), count, session);
}

void PrintVerdict(const HeapDiff& diff, Session& session) {
  std::ostream& out = session.out();
  out << Styled(SafeText(diff.verdict), Style::kBold, session.color()) << ".\n";
  if (!diff.memory.empty()) out << SafeText(diff.memory) << ".\n";
  if (diff.growth.empty()) return;
  const Suspect& first = diff.growth.front();
  out << "   " << SafeText(MaskedPathOf(first)) << '\n';
  if (first.look_at.place.known()) {
    out << "   Look at "
        << SafeText(absl::StrCat(first.look_at.place.Text(), ": ",
                                 first.look_at.text))
        << '\n';
  }
}

void WriteTable(const HeapDiff& diff, const Options& options,
                Session& session) {
  std::ostream& out = session.out();
  const bool three = options.files.size() > 2;
  PrintVerdict(diff, session);
  const uint64_t count = options.count;
  PrintGrowth(diff, count, session);
  out << '\n';
  for (const std::string& note : diff.notes) out << SafeText(note) << ".\n";
  if (!diff.compacted) {
    out << Grouped(static_cast<int64_t>(diff.added_count))
        << (three ? " objects came and stayed, " : " objects came, ")
        << Grouped(static_cast<int64_t>(diff.removed_count)) << " went, "
        << Grouped(static_cast<int64_t>(diff.same_count)) << " are the same\n";
  }
  PrintSection("Suspects", "path", diff.suspects, &diff.suspect_texts, count,
               session);
  PrintSection("By class", "class", diff.classes, nullptr, count, session);
  PrintSection("By namespace", "namespace", diff.namespaces, nullptr, count,
               session);
  PrintSection("By gem", "gem", diff.gems, nullptr, count, session);
  PrintSection("By allocation site", "site", diff.sites, nullptr, count,
               session);
  if (diff.added.empty()) return;
  PrintTitle(three ? "Came and stayed" : "New objects", session);
  auto table = session.Rows({{"count", "count", RowColumn::kCount},
                             {"size", "size", RowColumn::kBytes},
                             {"class", "class"},
                             {"site", "made at"}});
  for (size_t i = 0; i < diff.added.size() && i < count; ++i) {
    const NewObjectGroup& group = diff.added[i];
    table->Row(
        {group.count, group.size, group.class_name, CellOrNull(group.site)});
  }
  table->Finish();
  PrintMore(diff.added.size(), count, session);
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const double share, ParseShare(options.share));
  std::vector<std::unique_ptr<HeapDb>> owned;
  std::vector<HeapDb*> heaps;
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(std::unique_ptr<HeapDb> db,
                     session.OpenDb(file, Session::Reads::kMuch));
    heaps.push_back(db.get());
    owned.push_back(std::move(db));
  }
  ASSIGN_OR_RETURN(const HeapDiff diff, Diff(heaps, share));
  switch (session.format()) {
    case Format::kJson:
      WriteJson(diff, session);
      break;
    case Format::kCsv:
      WriteCsv(diff, session);
      break;
    case Format::kTable:
      WriteTable(diff, options, session);
      break;
  }
  const std::string last = " --db " + options.files.back();
  std::vector<std::string> next;
  if (!diff.growth.empty()) {
    next.push_back("heapq why-alive " +
                   AddressText(diff.growth.front().object.address) + last);
  }
  next.push_back("heapq suspects" + last);
  session.Next(next);
  return absl::OkStatus();
}

}  // namespace

void AddDiff(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "diff", "What grew between two or three dumps of a process");
  const auto options = std::make_shared<Options>();
  command->AddOption("files", &options->files, "heap.db files, oldest first")
      ->Required()
      ->Count(2, 3)
      ->ValueName("A.db B.db [C.db]");
  command->AddOption("--share", &options->share, "As for `suspects`")
      ->ValueName("PERCENT")
      ->ShowDefault();
  command->AddOption("-n", &options->count, "Rows of each section")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
