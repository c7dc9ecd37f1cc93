#include "tests/support/heap_builder.h"

#include <yajl/yajl_gen.h>

#include <map>
#include <set>

namespace heapq {
namespace {

// A record in the making.
class Json {
 public:
  Json() : gen_(yajl_gen_alloc(nullptr)) {}
  ~Json() { yajl_gen_free(gen_); }
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;

  Json& Open() { return yajl_gen_map_open(gen_), *this; }
  Json& Close() { return yajl_gen_map_close(gen_), *this; }
  Json& OpenList() { return yajl_gen_array_open(gen_), *this; }
  Json& CloseList() { return yajl_gen_array_close(gen_), *this; }
  Json& Text(std::string_view text) {
    yajl_gen_string(gen_, reinterpret_cast<const unsigned char*>(text.data()),
                    text.size());
    return *this;
  }
  Json& Number(uint64_t number) {
    const std::string digits = std::to_string(number);
    yajl_gen_number(gen_, digits.data(), digits.size());
    return *this;
  }
  Json& Bool(bool value) { return yajl_gen_bool(gen_, value ? 1 : 0), *this; }
  Json& Value(const TestValue& value) {
    if (value.reference != 0) return Number(value.reference);
    if (value.text == TestValue::kNil) return yajl_gen_null(gen_), *this;
    return Text(value.text);
  }
  Json& Address(uint64_t address) {
    char text[24];
    snprintf(text, sizeof(text), "0x%llx",
             static_cast<unsigned long long>(address));
    return Text(text);
  }
  std::string Take() {
    const unsigned char* bytes = nullptr;
    size_t size = 0;
    yajl_gen_get_buf(gen_, &bytes, &size);
    return std::string(reinterpret_cast<const char*>(bytes), size);
  }

 private:
  yajl_gen gen_;
};

}  // namespace

TestValue::TestValue(const TestObject& object) : reference(object.id()) {}

TestObject& TestObject::Size(uint64_t bytes) { return size_ = bytes, *this; }
TestObject& TestObject::Name(std::string_view name) {
  return name_ = name, *this;
}
TestObject& TestObject::Text(std::string_view value) {
  return text_ = std::string(value), *this;
}
TestObject& TestObject::Flag(std::string_view flag) {
  return flags_.emplace_back(flag), *this;
}
TestObject& TestObject::Property(std::string_view key, std::string_view text) {
  return properties_.emplace_back(key, text), *this;
}
TestObject& TestObject::Number(std::string_view key, uint64_t number) {
  return numbers_.emplace_back(key, number), *this;
}
TestObject& TestObject::At(std::string_view file, uint32_t line) {
  return file_ = file, line_ = line, *this;
}
TestObject& TestObject::Ivar(std::string_view name, TestValue value) {
  return ivars_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Cvar(std::string_view name, TestValue value) {
  return cvars_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Const(std::string_view name, TestValue value) {
  return consts_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Local(std::string_view name, TestValue value) {
  return locals_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Member(std::string_view name, TestValue value) {
  return members_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Method(std::string_view name, TestValue ment) {
  return methods_.push_back({std::string(name), std::move(ment)}), *this;
}
TestObject& TestObject::Element(TestValue value) {
  return elements_.push_back(std::move(value)), *this;
}
TestObject& TestObject::Pair(TestValue key, TestValue value) {
  return pairs_.emplace_back(std::move(key), std::move(value)), *this;
}
TestObject& TestObject::Part(std::string_view name, TestValue value) {
  return parts_.push_back({std::string(name), std::move(value)}), *this;
}
TestObject& TestObject::Item(std::string_view list, TestValue value) {
  return items_.push_back({std::string(list), std::move(value)}), *this;
}
TestObject& TestObject::Super(uint64_t super) { return super_ = super, *this; }
TestObject& TestObject::Frame(
    std::string_view label, std::string_view file, uint32_t line, uint64_t iseq,
    std::vector<std::pair<std::string, TestValue>> locals) {
  frames_.push_back(
      {std::string(label), std::string(file), line, iseq, std::move(locals)});
  return *this;
}
TestObject& TestObject::To(uint64_t target) {
  return refs_.push_back(target), *this;
}
TestObject& TestObject::WeakTo(uint64_t target) {
  return weak_.push_back(target), *this;
}

TestObject& HeapBuilder::Add(std::string_view type, uint64_t class_id) {
  TestObject& object = objects_.emplace_back();
  object.id_ = Address();
  object.type_ = type;
  object.class_ = class_id;
  return object;
}

TestObject& HeapBuilder::Class(std::string_view name) {
  return Add("T_CLASS").Name(name);
}
TestObject& HeapBuilder::Module(std::string_view name) {
  return Add("T_MODULE").Name(name);
}
TestObject& HeapBuilder::String(std::string_view text) {
  return Add("T_STRING").Text(text);
}
TestObject& HeapBuilder::Data(std::string_view type_name, uint64_t class_id) {
  TestObject& object = Add("T_DATA", class_id);
  object.type_name_ = type_name;
  return object;
}
TestObject& HeapBuilder::Imemo(std::string_view kind) {
  TestObject& object = Add("T_IMEMO");
  object.type_name_ = kind;
  return object;
}
TestObject& HeapBuilder::Iseq(std::string_view label, std::string_view file,
                              uint32_t line, std::string_view type) {
  return Imemo("iseq")
      .Name(label)
      .Property("filename", file)
      .Property("type", type)
      .Number("line", line);
}

void HeapBuilder::Root(std::string_view category, uint64_t target) {
  roots_.push_back({std::string(category), {}, target, false});
}
void HeapBuilder::Global(std::string_view name, uint64_t target) {
  roots_.push_back({"globals", std::string(name), target, false});
}
void HeapBuilder::WeakRoot(std::string_view category, uint64_t target) {
  roots_.push_back({std::string(category), {}, target, true});
}

std::string HeapBuilder::Format2() const {
  std::string dump =
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2,"
      "\"ruby\":\"3.1.2\"}\n";
  Json roots;
  roots.Open().Text("id").Text("_ROOTS_");
  std::map<std::string, std::vector<const RootOf*>> categories;
  std::set<std::string> weak;
  for (const RootOf& root : roots_) {
    categories[root.category].push_back(&root);
    if (root.weak) weak.insert(root.category);
  }
  for (const auto& [category, entries] : categories) {
    roots.Text(category).OpenList();
    for (const RootOf* root : entries) {
      if (root->name.empty()) {
        roots.Number(root->target);
      } else {
        roots.OpenList().Text(root->name).Number(root->target).CloseList();
      }
    }
    roots.CloseList();
  }
  if (!weak.empty()) {
    roots.Text("weak_categories").OpenList();
    for (const std::string& category : weak) roots.Text(category);
    roots.CloseList();
  }
  dump += "," + roots.Close().Take() + "\n";

  for (const TestObject& object : objects_) {
    Json json;
    json.Open().Text("id").Number(object.id_).Text("bt").Text(object.type_);
    if (!object.type_name_.empty()) {
      json.Text("type_name").Text(object.type_name_);
    }
    if (object.class_ != 0) json.Text("class").Number(object.class_);
    json.Text("size").Number(object.size_);
    if (!object.name_.empty()) json.Text("name").Text(object.name_);
    for (const std::string& flag : object.flags_) json.Text(flag).Bool(true);
    for (const auto& [key, text] : object.properties_)
      json.Text(key).Text(text);
    for (const auto& [key, number] : object.numbers_) {
      json.Text(key).Number(number);
    }
    if (!object.file_.empty()) {
      json.Text("file").Text(object.file_).Text("line").Number(object.line_);
    }
    const auto name_map = [&json](const char* key,
                                  const std::vector<TestObject::Named>& map) {
      if (map.empty()) return;
      json.Text(key).Open();
      for (const auto& entry : map) json.Text(entry.name).Value(entry.value);
      json.Close();
    };
    name_map("ivs", object.ivars_);
    name_map("cvars", object.cvars_);
    name_map("consts", object.consts_);
    name_map("locals", object.locals_);
    name_map("members", object.members_);
    if (!object.methods_.empty()) {
      json.Text("methods").Open();
      for (const auto& method : object.methods_) {
        json.Text(method.name).Open().Text("ment").Value(method.value).Close();
      }
      json.Close();
    }
    if (object.super_ != 0) json.Text("super").Number(object.super_);
    if (object.text_) json.Text("val").Text(*object.text_);
    if (object.type_ == "T_ARRAY" || object.type_ == "T_HASH") {
      json.Text("val").OpenList();
      for (const TestValue& value : object.elements_) json.Value(value);
      for (const auto& [key, value] : object.pairs_) {
        json.OpenList().Value(key).Value(value).CloseList();
      }
      json.CloseList();
    }
    for (const auto& part : object.parts_) {
      json.Text(part.name).Value(part.value);
    }
    std::map<std::string, std::vector<TestValue>> lists;
    for (const auto& item : object.items_) {
      lists[item.name].push_back(item.value);
    }
    for (const auto& [list, values] : lists) {
      json.Text(list).OpenList();
      for (const TestValue& value : values) json.Value(value);
      json.CloseList();
    }
    if (!object.frames_.empty()) {
      json.Text("frames").OpenList();
      for (const auto& frame : object.frames_) {
        json.Open();
        if (frame.iseq != 0) json.Text("iseq").Number(frame.iseq);
        json.Text("label").Text(frame.label).Text("filename").Text(frame.file);
        json.Text("line").Number(frame.line).Text("locals").Open();
        for (const auto& [name, value] : frame.locals) {
          json.Text(name).Value(value);
        }
        json.Close().Close();
      }
      json.CloseList();
    }
    const auto id_list = [&json](const char* key,
                                 const std::vector<uint64_t>& ids) {
      if (ids.empty()) return;
      json.Text(key).OpenList();
      for (const uint64_t id : ids) json.Number(id);
      json.CloseList();
    };
    id_list("refs", object.refs_);
    id_list("weak", object.weak_);
    dump += "," + json.Close().Take() + "\n";
  }
  Json end;
  end.Open().Text("id").Text("_END_").Text("objects").Number(objects_.size());
  return dump + "," + end.Close().Take() + "]\n";
}

std::string HeapBuilder::DumpAll() const {
  std::string dump;
  for (const RootOf& root : roots_) {
    if (root.weak) continue;
    Json json;
    json.Open().Text("type").Text("ROOT").Text("root");
    json.Text(root.name.empty() ? root.category : "global_tbl");
    json.Text("references").OpenList().Address(root.target).CloseList();
    dump += json.Close().Take() + "\n";
  }
  for (const TestObject& object : objects_) {
    Json json;
    json.Open().Text("address").Address(object.id_);
    json.Text("type").Text(object.type_.substr(2));
    if (object.class_ != 0) json.Text("class").Address(object.class_);
    if (!object.type_name_.empty()) {
      json.Text(object.type_ == "T_IMEMO" ? "imemo_type" : "struct");
      json.Text(object.type_name_ == "VM/env" ? "env" : object.type_name_);
    }
    if (object.super_ != 0) json.Text("superclass").Address(object.super_);
    if (!object.name_.empty() &&
        (object.type_ == "T_CLASS" || object.type_ == "T_MODULE")) {
      json.Text("name").Text(object.name_);
    }
    if (object.text_) json.Text("value").Text(*object.text_);
    if (object.type_ == "T_ARRAY") {
      json.Text("length").Number(object.elements_.size());
    }
    if (object.type_ == "T_HASH") {
      json.Text("size").Number(object.pairs_.size());
    }
    for (const std::string& flag : object.flags_) json.Text(flag).Bool(true);
    std::vector<uint64_t> references;
    const auto add = [&references](const TestValue& value) {
      if (value.reference != 0) references.push_back(value.reference);
    };
    if (object.super_ != 0) add(object.super_);
    for (const TestValue& value : object.elements_) add(value);
    for (const auto& [key, value] : object.pairs_) add(key), add(value);
    for (const auto* map :
         {&object.ivars_, &object.cvars_, &object.consts_, &object.locals_,
          &object.members_, &object.methods_, &object.parts_, &object.items_}) {
      for (const auto& entry : *map) add(entry.value);
    }
    for (const auto& frame : object.frames_) {
      if (frame.iseq != 0) add(frame.iseq);
      for (const auto& [name, value] : frame.locals) add(value);
    }
    for (const uint64_t id : object.refs_) add(id);
    if (!references.empty()) {
      json.Text("references").OpenList();
      for (const uint64_t id : references) json.Address(id);
      json.CloseList();
    }
    if (!object.file_.empty()) {
      json.Text("file").Text(object.file_).Text("line").Number(object.line_);
    }
    json.Text("memsize").Number(object.size_);
    json.Text("flags").Open().Text("wb_protected").Bool(true).Close();
    dump += json.Close().Take() + "\n";
  }
  return dump;
}

}  // namespace heapq
