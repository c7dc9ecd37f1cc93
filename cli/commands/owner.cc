#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/commands/reference_list.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/objects/closure.h"

namespace heapq {
namespace {

// Returns the name alone: the label "local request of …" repeats the line
// above.
std::string LocalName(const FieldView& field) {
  constexpr std::string_view kLocal = "local ";
  std::string name = field.label;
  if (name.compare(0, kLocal.size(), kLocal.data()) != 0) return name;
  name = name.substr(kLocal.size());
  const size_t of = name.find(" of ");
  return of == std::string::npos ? name : name.substr(0, of);
}

void PrintLocals(const EnvView& env, Session& session) {
  if (env.locals.empty()) {
    session.out() << "  (no captured locals)\n";
    return;
  }
  auto rows = session.Rows({{"name", "  local"},
                            {"value", "value"},
                            {"size", "size", RowColumn::kBytes},
                            {"retained", "retained", RowColumn::kBytes},
                            {"address", "address"}});
  for (const FieldView& local : env.locals) {
    const std::string name = "  " + LocalName(local);
    if (local.object.has_value()) {
      rows->Row({name, local.object->label, local.object->size,
                 CellOrNull(local.object->retained),
                 AddressText(local.object->address)});
    } else {
      rows->Row({name, local.value, RowCell(), RowCell(), RowCell()});
    }
  }
  rows->Finish();
}

void PrintOwned(std::string_view what, const Paged<ObjectSummary>& owned,
                Session& session) {
  session.out() << '\n'
                << Grouped(static_cast<int64_t>(owned.total)) << ' ' << what
                << '\n';
  for (const ObjectSummary& object : owned.rows) {
    session.out() << "  " << AddressText(object.address) << "  "
                  << SafeText(object.label);
    if (object.retained.has_value()) {
      session.out() << ", retains " << HumanBytes(*object.retained);
    }
    session.out() << '\n';
  }
  if (owned.rows.size() < owned.total) session.out() << "  …\n";
}

void PrintTable(const ClosureOwner& answer, Session& session) {
  std::ostream& out = session.out();
  const std::string address = AddressText(answer.object.address);
  out << Styled(SafeText(answer.object.label), Style::kBold, session.color())
      << '\n';
  if (answer.is_iseq) {
    PrintOwned("envs hold its locals", answer.owned_envs, session);
    PrintOwned("procs run it", answer.procs, session);
    std::vector<std::string> next;
    if (!answer.owned_envs.rows.empty()) {
      next.push_back(session.Command(
          "owner " + AddressText(answer.owned_envs.rows.front().address)));
    }
    next.push_back(session.Command("why-alive " + address));
    session.Next(next);
    return;
  }
  for (size_t i = 0; i < answer.envs.size(); ++i) {
    const EnvView& env = answer.envs[i];
    out << '\n';
    if (!env.owner.has_value() && env.captured_by.has_value()) {
      out << "captured by " << SafeText(env.captured_by->Text());
    } else {
      out << (i == 0 ? "captured from " : "and round it, from ")
          << SafeText(env.owner.has_value() ? env.owner->Text()
                                            : "code that is not known");
    }
    out << ", env " << AddressText(env.env.address) << '\n';
    PrintLocals(env, session);
  }
  if (answer.envs.empty()) out << "It captures nothing.\n";
  session.Next({session.Command("why-alive " + address),
                session.Command("show " + address)});
}

void WriteCode(const std::optional<IseqName>& code, JsonWriter* json) {
  if (!code.has_value()) {
    json->Null();
    return;
  }
  json->BeginMap().Key("id");
  if (code->id == 0) {
    json->Null();
  } else {
    json->Number(code->id);
  }
  json->Key("label").Text(code->label);
  json->Key("type").TextOrNull(code->type);
  json->Key("file").TextOrNull(code->place.file);
  json->Key("line");
  if (code->place.line == 0) {
    json->Null();
  } else {
    json->Number(code->place.line);
  }
  json->EndMap();
}

void WriteOwned(const Paged<ObjectSummary>& owned, JsonWriter* json) {
  json->BeginMap().Key("total").Number(owned.total);
  json->Key("rows").BeginArray();
  for (const ObjectSummary& object : owned.rows) {
    json->BeginMap();
    WriteSummary(object, json);
    json->EndMap();
  }
  json->EndArray().EndMap();
}

void PrintJson(const ClosureOwner& answer, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("object").BeginMap();
  WriteSummary(answer.object, &json);
  json.EndMap();
  json.Key("code");
  WriteCode(answer.code, &json);
  json.Key("envs").BeginArray();
  for (const EnvView& env : answer.envs) {
    json.BeginMap().Key("env").BeginMap();
    WriteSummary(env.env, &json);
    json.EndMap().Key("owner");
    WriteCode(env.owner, &json);
    json.Key("captured_by");
    WriteCode(env.captured_by, &json);
    json.Key("locals").BeginArray();
    for (const FieldView& local : env.locals) {
      json.BeginMap().Key("name").Text(LocalName(local));
      if (local.object.has_value()) {
        json.Key("object").BeginMap();
        WriteSummary(*local.object, &json);
        json.EndMap();
      } else {
        json.Key("value").Text(local.value);
      }
      json.EndMap();
    }
    json.EndArray().EndMap();
  }
  json.EndArray();
  if (answer.is_iseq) {
    json.Key("owned_envs");
    WriteOwned(answer.owned_envs, &json);
    json.Key("procs");
    WriteOwned(answer.procs, &json);
  }
  json.EndMap().Finish();
}

void PrintCsv(const ClosureOwner& answer, Session& session) {
  auto rows = session.Rows({{"env", ""},
                            {"owner", ""},
                            {"file", ""},
                            {"line", ""},
                            {"local", ""},
                            {"value", ""},
                            {"address", ""},
                            {"retained", ""}});
  const auto row = [&rows](const ObjectSummary& env,
                           const std::optional<IseqName>& owner,
                           const FieldView* local) {
    std::vector<RowCell> cells = {AddressText(env.address),
                                  RowCell(),
                                  RowCell(),
                                  RowCell(),
                                  RowCell(),
                                  RowCell(),
                                  RowCell(),
                                  RowCell()};
    if (owner.has_value()) {
      cells[1] = owner->label;
      cells[2] = CellOrNull(owner->place.file);
      if (owner->place.line != 0) cells[3] = uint64_t{owner->place.line};
    }
    if (local != nullptr) {
      cells[4] = LocalName(*local);
      if (local->object.has_value()) {
        cells[5] = local->object->label;
        cells[6] = AddressText(local->object->address);
        cells[7] = CellOrNull(local->object->retained);
      } else {
        cells[5] = local->value;
      }
    }
    rows->Row(cells);
  };
  for (const EnvView& env : answer.envs) {
    if (env.locals.empty()) row(env.env, env.owner, nullptr);
    for (const FieldView& local : env.locals) row(env.env, env.owner, &local);
  }
  for (const ObjectSummary& env : answer.owned_envs.rows) {
    row(env, answer.code, nullptr);
  }
  rows->Finish();
}

absl::Status Run(const PageOptions& options, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const uint32_t id, Session::Id(db.get(), options.id));
  ASSIGN_OR_RETURN(const ClosureOwner answer,
                   FindOwner(db.get(), id, options.page()));
  switch (session.format()) {
    case Format::kTable:
      PrintTable(answer, session);
      break;
    case Format::kJson:
      PrintJson(answer, session);
      break;
    case Format::kCsv:
      PrintCsv(answer, session);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddOwner(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "owner", "Whose locals a proc or env captured; what envs an iseq owns");
  const std::shared_ptr<PageOptions> options = AddPageOptions(command);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
