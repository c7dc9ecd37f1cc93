#include "query/diff.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/output/json_writer.h"
#include "cli/output/terminal.h"
#include "cli/session.h"
#include "cli/share.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string share = "5%";
  uint64_t count = 15;
};

std::string WithSign(int64_t number, bool bytes) {
  const std::string sign = number < 0 ? "-" : "+";
  const int64_t absolute = number < 0 ? -number : number;
  return sign + (bytes ? HumanBytes(static_cast<uint64_t>(absolute))
                       : Grouped(absolute));
}

void WriteAmounts(const DiffRow& row, JsonWriter* json) {
  json->Key("amounts").BeginArray();
  for (const Amount& amount : row.amounts) {
    json->BeginMap().Key("count").Signed(amount.count);
    json->Key("size").Signed(amount.size);
    json->Key("retained").Signed(amount.retained).EndMap();
  }
  json->EndArray();
  const Amount growth = row.Growth();
  json->Key("growth").BeginMap().Key("count").Signed(growth.count);
  json->Key("size").Signed(growth.size);
  json->Key("retained").Signed(growth.retained).EndMap();
}

void WriteJson(const HeapDiff& diff, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("compacted").Bool(diff.compacted);
  json.Key("added_count").Number(diff.added_count);
  json.Key("removed_count").Number(diff.removed_count);
  json.Key("same_count").Number(diff.same_count);
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
  section("suspects", diff.suspects, &diff.suspect_texts);
  json.Key("added").BeginArray();
  for (const AddedGroup& group : diff.added) {
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
                            {"retained", "retained", RowColumn::kNumber}});
  const auto section = [&rows](const char* what,
                               const std::vector<DiffRow>& list) {
    for (const DiffRow& row : list) {
      const Amount growth = row.Growth();
      rows->Row({what, row.name, growth.count, growth.size, growth.retained});
    }
  };
  section("class", diff.classes);
  section("namespace", diff.namespaces);
  section("site", diff.sites);
  section("suspect", diff.suspects);
  for (const AddedGroup& group : diff.added) {
    rows->Row({"added",
               group.site.empty() ? group.class_name
                                  : group.class_name + " " + group.site,
               group.count, group.size, RowCell()});
  }
  rows->Finish();
}

// The growth of each section, and of three heaps both steps.
void PrintSection(const std::string& title, const std::vector<DiffRow>& rows,
                  const std::vector<std::string>* texts, uint64_t count,
                  Session& session) {
  if (rows.empty()) return;
  std::ostream& out = session.out();
  out << '\n' << Styled(title, Style::kBold, session.color()) << '\n';
  for (size_t i = 0; i < rows.size() && i < count; ++i) {
    const DiffRow& row = rows[i];
    const Amount growth = row.Growth();
    std::string line = absl::StrCat("  ", WithSign(growth.count, false), "\t",
                                    WithSign(growth.size, true), "\tretained ",
                                    WithSign(growth.retained, true), "\t");
    absl::StrAppend(&line, SafeText(texts == nullptr ? row.name : (*texts)[i]));
    if (row.amounts.size() > 2) {
      absl::StrAppend(&line, "  (");
      for (size_t n = 0; n < row.amounts.size(); ++n) {
        absl::StrAppend(&line, n == 0 ? "" : " → ",
                        Grouped(row.amounts[n].count));
      }
      absl::StrAppend(&line, ")");
    }
    out << line << '\n';
  }
  if (rows.size() > count) {
    out << "  … " << Grouped(static_cast<int64_t>(rows.size() - count))
        << " more\n";
  }
}

void WriteTable(const HeapDiff& diff, const Options& options,
                Session& session) {
  std::ostream& out = session.out();
  for (const std::string& note : diff.notes) out << SafeText(note) << '\n';
  if (!diff.compacted) {
    out << Grouped(static_cast<int64_t>(diff.added_count))
        << (options.files.size() > 2 ? " objects came and stayed, "
                                     : " objects came, ")
        << Grouped(static_cast<int64_t>(diff.removed_count)) << " went, "
        << Grouped(static_cast<int64_t>(diff.same_count)) << " are the same\n";
  }
  PrintSection("By class", diff.classes, nullptr, options.count, session);
  PrintSection("By namespace", diff.namespaces, nullptr, options.count,
               session);
  PrintSection("By allocation site", diff.sites, nullptr, options.count,
               session);
  PrintSection("Suspects", diff.suspects, &diff.suspect_texts, options.count,
               session);
  if (diff.added.empty()) return;
  out << '\n'
      << Styled(options.files.size() > 2 ? "Came and stayed" : "New objects",
                Style::kBold, session.color())
      << '\n';
  for (size_t i = 0; i < diff.added.size() && i < options.count; ++i) {
    const AddedGroup& group = diff.added[i];
    out << "  " << Grouped(static_cast<int64_t>(group.count)) << '\t'
        << HumanBytes(group.size) << '\t' << SafeText(group.class_name);
    if (!group.site.empty()) out << "  " << SafeText(group.site);
    out << '\n';
  }
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const double share, ParseShare(options.share));
  std::vector<std::unique_ptr<HeapDb>> owned;
  std::vector<HeapDb*> heaps;
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(std::unique_ptr<HeapDb> db, HeapDb::Open(file));
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
  session.Next({"heapq suspects --db " + options.files.back(),
                "heapq why-alive ADDRESS --db " + options.files.back()});
  return absl::OkStatus();
}

}  // namespace

void AddDiff(CLI::App* app, Action* chosen) {
  CLI::App* const command = app->add_subcommand(
      "diff", "What grew between two or three dumps of a process");
  const auto options = std::make_shared<Options>();
  command->add_option("files", options->files, "heap.db files, oldest first")
      ->required()
      ->expected(2, 3)
      ->type_name("A.db B.db [C.db]");
  command->add_option("--share", options->share, "As for `suspects`")
      ->type_name("PERCENT")
      ->capture_default_str();
  command->add_option("-n", options->count, "Rows of each section")
      ->type_name("N")
      ->capture_default_str();
  command->callback([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
