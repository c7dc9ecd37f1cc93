#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/rules_option.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/labels/ruby_inspect.h"
#include "query/objects/object_view.h"

namespace heapq {
namespace {

// Characters of a string's text in a table; JSON has all of it.
constexpr size_t kShownText = 2000;

struct Options {
  std::string id;
  uint64_t count = 100;
  std::string rules;
};

void PrintTable(const ObjectView& view, Session& session) {
  std::ostream& out = session.out();
  const std::string address = AddressText(view.object.address);
  out << Styled(SafeText(view.object.label), Style::kBold, session.color())
      << '\n';
  const auto line = [&out](std::string_view name, const std::string& text) {
    if (text.empty()) return;
    out << "  " << name << std::string(12 - name.size(), ' ') << SafeText(text)
        << '\n';
  };
  line("address", absl::StrCat(address, " (#", view.object.id, ")"));
  std::string type(ObjectTypeName(view.object.type));
  if (!view.data_kind.empty()) absl::StrAppend(&type, ", ", view.data_kind);
  line("type", type);
  line("class", view.object.class_name);
  line("size",
       absl::StrCat(
           HumanBytes(view.object.size),
           view.object.retained.has_value()
               ? absl::StrCat(", retains ", HumanBytes(*view.object.retained))
               : ""));
  std::string place = view.object.place.Text();
  if (!view.allocated_in.empty()) {
    absl::StrAppend(&place, " in ", view.allocated_in);
  }
  line("at", place);
  if (view.generation.has_value()) {
    line("generation", absl::StrCat(*view.generation));
  }
  line("flags", absl::StrJoin(view.flags, " "));
  line("roots", absl::StrJoin(view.roots, ", "));
  if (!view.reachable) line("reachable", "no");
  if (view.text.has_value() && view.text->size() > 60) {
    line("text", OneLine(*view.text, kShownText));
  }
  line("referrers", Grouped(static_cast<int64_t>(view.referrer_count)));
  if (!view.fields.empty()) {
    out << '\n';
    auto rows = session.Rows({{"label", "field"},
                              {"value", "value"},
                              {"size", "size", RowColumn::kBytes},
                              {"retained", "retained", RowColumn::kBytes},
                              {"address", "address"}});
    for (const FieldView& field : view.fields) {
      const std::string label = field.weak && field.label.find("weak") != 2
                                    ? "weakly: " + field.label
                                    : field.label;
      if (field.object.has_value()) {
        rows->Row({label, field.object->label, field.object->size,
                   CellOrNull(field.object->retained),
                   AddressText(field.object->address)});
      } else {
        rows->Row({label, field.value, RowCell(), RowCell(), RowCell()});
      }
    }
    rows->Finish();
    if (view.field_count > view.fields.size()) {
      session.Note(absl::StrCat(
          "… ",
          Grouped(static_cast<int64_t>(view.field_count - view.fields.size())),
          " more; -n shows them"));
    }
  }
  session.Next({session.Command("why-alive " + address),
                session.Command("referrers " + address)});
}

void PrintJson(const ObjectView& view, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("object").BeginMap();
  WriteSummary(view.object, &json);
  json.EndMap();
  json.Key("kind").TextOrNull(view.data_kind);
  json.Key("flags").BeginArray();
  for (const std::string& flag : view.flags) json.Text(flag);
  json.EndArray();
  json.Key("allocated_in").TextOrNull(view.allocated_in);
  json.Key("generation").Optional(view.generation);
  json.Key("reachable").Bool(view.reachable);
  json.Key("text");
  if (view.text.has_value()) {
    json.Text(*view.text);
  } else {
    json.Null();
  }
  json.Key("roots").BeginArray();
  for (const std::string& root : view.roots) json.Text(root);
  json.EndArray();
  json.Key("referrers").Number(view.referrer_count);
  json.Key("total_fields").Number(view.field_count);
  json.Key("fields").BeginArray();
  for (const FieldView& field : view.fields) {
    json.BeginMap().Key("kind").Text(field.kind);
    json.Key("label").Text(field.label);
    json.Key("weak").Bool(field.weak);
    if (field.object.has_value()) {
      json.Key("object").BeginMap();
      WriteSummary(*field.object, &json);
      json.EndMap();
    } else {
      json.Key("value").Text(field.value);
    }
    json.EndMap();
  }
  json.EndArray().EndMap().Finish();
}

void PrintCsv(const ObjectView& view, Session& session) {
  auto rows = session.Rows({{"kind", ""},
                            {"label", ""},
                            {"weak", ""},
                            {"value", ""},
                            {"id", ""},
                            {"address", ""},
                            {"type", ""},
                            {"class", ""},
                            {"size", ""},
                            {"retained", ""}});
  for (const FieldView& field : view.fields) {
    const uint64_t weak = field.weak ? 1 : 0;
    if (!field.object.has_value()) {
      rows->Row({field.kind, field.label, weak, field.value, RowCell(),
                 RowCell(), RowCell(), RowCell(), RowCell(), RowCell()});
      continue;
    }
    const ObjectSummary& object = *field.object;
    rows->Row({field.kind, field.label, weak, object.label, uint64_t{object.id},
               AddressText(object.address),
               std::string(ObjectTypeName(object.type)),
               CellOrNull(object.class_name), object.size,
               CellOrNull(object.retained)});
  }
  rows->Finish();
}

absl::Status Run(const Options& options, Session& session) {
  RETURN_IF_ERROR(UseRules(options.rules));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const uint32_t id, Session::Id(db.get(), options.id));
  ObjectViews views(db.get());
  ASSIGN_OR_RETURN(const ObjectView view, views.Show(id, options.count));
  switch (session.format()) {
    case Format::kTable:
      PrintTable(view, session);
      break;
    case Format::kJson:
      PrintJson(view, session);
      break;
    case Format::kCsv:
      PrintCsv(view, session);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddShow(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("show", "An object with all its fields");
  const auto options = std::make_shared<Options>();
  command->AddOption("id", &options->id, kObjectHelp)
      ->Required()
      ->ValueName("ID");
  command->AddOption("-n", &options->count, "Fields to show")
      ->Between(1, 1000000000)
      ->ValueName("N")
      ->ShowDefault();
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
