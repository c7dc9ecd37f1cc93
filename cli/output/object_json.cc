#include "cli/output/object_json.h"

#include "query/db/heap_db.h"

namespace heapq {

void WriteSummary(const ObjectSummary& object, JsonWriter* json) {
  json->Key("id").Number(object.id);
  json->Key("address").Text(AddressText(object.address));
  json->Key("type").Text(ObjectTypeName(object.type));
  json->Key("class").TextOrNull(object.class_name);
  json->Key("label").Text(object.label);
  json->Key("file").TextOrNull(object.place.file);
  json->Key("line");
  if (object.place.line == 0) {
    json->Null();
  } else {
    json->Number(object.place.line);
  }
  json->Key("size").Number(object.size);
  json->Key("retained").Optional(object.retained);
}

}  // namespace heapq
