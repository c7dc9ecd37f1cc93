#include "query/db/frame_values.h"

#include "indexer/base/status_macros.h"
#include "indexer/model/frame_text.h"

namespace heapq {

std::string FrameValueRow::Where() const {
  return FrameText(frame, file, line);
}

absl::StatusOr<FrameValueRow> ReadFrameValue(HeapDb* db, uint32_t thread,
                                             int64_t label) {
  ASSIGN_OR_RETURN(
      Statement * row,
      db->Cached("SELECT x.text, f.label, f.file, f.line FROM frame_values v "
                 "JOIN names x ON x.id = v.name LEFT JOIN frames f ON "
                 "f.thread = ?1 AND f.n = v.n WHERE v.id = ?2"));
  row->Bind(1, int64_t{thread});
  row->Bind(2, label);
  FrameValueRow value;
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return value;
  value.name = row->Text(0);
  value.frame = row->Text(1);
  value.file = row->Text(2);
  value.line = static_cast<uint32_t>(row->Int(3));
  return value;
}

absl::StatusOr<std::string> LabelName(HeapDb* db, EdgeKind kind,
                                      int64_t label) {
  switch (LabelTypeOf(kind)) {
    case LabelType::kName:
      return db->Name(label);
    case LabelType::kFrameValue: {
      ASSIGN_OR_RETURN(
          Statement * row,
          db->Cached("SELECT x.text FROM frame_values v JOIN names x ON x.id = "
                     "v.name WHERE v.id = ?1"));
      row->Bind(1, label);
      ASSIGN_OR_RETURN(const bool found, row->Step());
      return found ? std::string(row->Text(0)) : std::string();
    }
    case LabelType::kNone:
    case LabelType::kIndex:
    case LabelType::kObject:
      break;
  }
  return std::string();
}

}  // namespace heapq
