#include "query/objects/threads.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/output/json_writer.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

void WriteJson(const std::vector<ThreadInfo>& threads, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1).Key("threads").BeginArray();
  for (const ThreadInfo& thread : threads) {
    json.BeginMap().Key("object").BeginMap();
    WriteSummary(thread.object, &json);
    json.EndMap().Key("status").TextOrNull(thread.status);
    json.Key("frames").BeginArray();
    for (const ThreadFrame& frame : thread.frames) {
      json.BeginMap().Key("label").TextOrNull(frame.label);
      json.Key("file").TextOrNull(frame.place.file);
      json.Key("line").Number(frame.place.line);
      json.Key("retained").Number(frame.retained);
      json.Key("values").BeginArray();
      for (const FrameValue& value : frame.values) {
        json.BeginMap().Key("name").Text(value.name);
        json.Key("value").Text(value.value);
        json.Key("address").TextOrNull(
            value.id == 0 ? "" : AddressText(value.address));
        json.Key("retained").Number(value.retained).EndMap();
      }
      json.EndArray().EndMap();
    }
    json.EndArray().EndMap();
  }
  json.EndArray().EndMap();
  json.Finish();
}

void WriteCsv(const std::vector<ThreadInfo>& threads, Session& session) {
  auto rows = session.Rows({{"thread", "thread"},
                            {"frame", "frame", RowColumn::kNumber},
                            {"label", "label"},
                            {"place", "place"},
                            {"name", "name"},
                            {"value", "value"},
                            {"retained", "retained", RowColumn::kBytes},
                            {"address", "address"},
                            {"frame_retained", "", RowColumn::kBytes}});
  for (const ThreadInfo& thread : threads) {
    for (size_t i = 0; i < thread.frames.size(); ++i) {
      const ThreadFrame& frame = thread.frames[i];
      const auto row = [&](RowCell name, RowCell value, RowCell retained,
                           RowCell address) {
        rows->Row({AddressText(thread.object.address), uint64_t{i},
                   CellOrNull(frame.label), CellOrNull(frame.place.Text()),
                   std::move(name), std::move(value), std::move(retained),
                   std::move(address), frame.retained});
      };
      for (const FrameValue& value : frame.values) {
        row(value.name, value.value, value.retained,
            CellOrNull(value.id == 0 ? "" : AddressText(value.address)));
      }
      if (frame.values.empty()) row({}, {}, {}, {});
    }
  }
  rows->Finish();
}

void WriteTable(const std::vector<ThreadInfo>& threads, Session& session) {
  std::ostream& out = session.out();
  for (const ThreadInfo& thread : threads) {
    std::string head = thread.object.label;
    if (!thread.status.empty()) {
      absl::StrAppend(&head, ", ", thread.status);
    }
    if (thread.object.retained) {
      absl::StrAppend(&head, ", retains ", HumanBytes(*thread.object.retained));
    }
    out << Styled(SafeText(head), Style::kBold, session.color()) << '\n';
    for (const ThreadFrame& frame : thread.frames) {
      out << "  " << SafeText(frame.label.empty() ? "?" : frame.label);
      if (frame.place.known()) out << "  " << SafeText(frame.place.Text());
      if (frame.retained > 0) {
        out << "  retains " << HumanBytes(frame.retained);
      }
      out << '\n';
      for (const FrameValue& value : frame.values) {
        out << "    " << SafeText(value.name) << " = " << SafeText(value.value);
        if (value.retained > 0) {
          out << "  (retains " << HumanBytes(value.retained) << ")";
        }
        out << '\n';
      }
    }
  }
}

absl::Status Run(Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const std::vector<ThreadInfo> threads,
                   ReadThreads(db.get()));
  switch (session.format()) {
    case Format::kJson:
      WriteJson(threads, session);
      break;
    case Format::kCsv:
      WriteCsv(threads, session);
      break;
    case Format::kTable:
      WriteTable(threads, session);
      break;
  }
  if (threads.empty()) return absl::NotFoundError("the dump holds no thread");
  session.Next(
      {session.Command("why-alive ADDRESS"), session.Command("suspects")});
  return absl::OkStatus();
}

}  // namespace

void AddThreads(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "threads", "Threads and fibers with their frames and locals");
  command->WhenGiven([chosen] { *chosen = Run; });
}

}  // namespace heapq
