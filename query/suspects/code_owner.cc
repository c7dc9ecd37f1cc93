#include "query/suspects/code_owner.h"

#include <algorithm>
#include <cctype>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/object_kind.h"

namespace heapq {
namespace {

constexpr int64_t kMaxClasses = 6;
constexpr int kEnoughMethods = 16;
constexpr std::string_view kSingletonStart = "#<Class:";

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// Below ".../gems/NAME-1.2.3/".
bool IsInGem(std::string_view file) {
  for (size_t at = file.find("/gems/"); at != std::string_view::npos;
       at = file.find("/gems/", at + 1)) {
    std::string_view name = file.substr(at + 6);
    name = name.substr(0, name.find('/'));
    for (size_t i = 1; i + 1 < name.size(); ++i) {
      if (name[i] == '-' && absl::ascii_isdigit(name[i + 1]) != 0) return true;
    }
  }
  return Has(file, "/bundler/gems/");
}

// "ShoppingCart" as files are called: "shopping_cart".
std::string SnakeCase(std::string_view name) {
  const size_t last = name.rfind("::");
  if (last != std::string_view::npos) name = name.substr(last + 2);
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (i > 0 && absl::ascii_isupper(c) != 0 &&
        (absl::ascii_islower(name[i - 1]) != 0 ||
         absl::ascii_isdigit(name[i - 1]) != 0)) {
      text.push_back('_');
    }
    text.push_back(absl::ascii_tolower(c));
  }
  return text;
}

bool IsFile(const std::string& text) {
  return text.size() > 3 && text.size() < 300 && !Has(text, "\n") &&
         ((text[0] == '/' && text.find('/', 1) != std::string::npos) ||
          StartsWith(text, "<internal") || StartsWith(text, "(eval") ||
          absl::EndsWith(text, ".rb") || absl::EndsWith(text, ".erb") ||
          absl::EndsWith(text, ".ru"));
}

}  // namespace

bool IsEvalFile(std::string_view file) { return StartsWith(file, "(eval"); }

bool IsCoreClass(std::string_view name) {
  static constexpr std::string_view kCore[] = {"Object",
                                               "BasicObject",
                                               "Kernel",
                                               "String",
                                               "Array",
                                               "Hash",
                                               "Symbol",
                                               "Integer",
                                               "Float",
                                               "Proc",
                                               "Method",
                                               "UnboundMethod",
                                               "Thread",
                                               "Fiber",
                                               "Module",
                                               "Class",
                                               "NilClass",
                                               "Ractor",
                                               "Struct",
                                               "Set",
                                               "Enumerator",
                                               "Comparable",
                                               "Enumerable",
                                               "Binding",
                                               "Time",
                                               "Thread::Queue",
                                               "Thread::SizedQueue",
                                               "Thread::Mutex",
                                               "Range",
                                               "Regexp",
                                               "IO",
                                               "File",
                                               "Exception",
                                               "Rational",
                                               "Complex",
                                               "TracePoint",
                                               "ObjectSpace::WeakMap",
                                               "Thread::Backtrace",
                                               "Enumerator::Lazy",
                                               "Data",
                                               "Queue",
                                               "MatchData",
                                               "Random"};
  return std::find(std::begin(kCore), std::end(kCore), name) != std::end(kCore);
}

CodeOwner OwnerOfFile(std::string_view file) {
  if (StartsWith(file, "<internal")) return CodeOwner::kRuby;
  if (file.empty() || file.front() != '/') return CodeOwner::kUnknown;
  if (Has(file, "/heap_dump/") || absl::EndsWith(View(file), "/heap_dump.rb")) {
    return CodeOwner::kRuby;
  }
  if (IsInGem(file)) return CodeOwner::kGem;
  if (Has(file, "/rubygems/")) return CodeOwner::kRuby;
  if (Has(file, "/vendor_ruby/")) return CodeOwner::kGem;
  if (Has(file, "/usr/share/ruby-") || Has(file, "/usr/lib/ruby-")) {
    return CodeOwner::kGem;
  }
  const size_t lib = file.find("/ruby/");
  if (lib != std::string_view::npos && lib + 6 < file.size()) {
    std::string_view rest = file.substr(lib + 6);
    if (StartsWith(rest, "gems/")) rest = rest.substr(5);
    if (!rest.empty() && absl::ascii_isdigit(rest[0]) != 0 &&
        Has(file.substr(0, lib), "/lib")) {
      return CodeOwner::kRuby;
    }
  }
  return CodeOwner::kApplication;
}

absl::Status CodeOwners::ReadKinds() {
  if (kinds_) return absl::OkStatus();
  Kinds kinds;
  // Names have no index: one pass finds all of them.
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT id, text FROM names WHERE text IN ('ment', 'iseq', "
                 "'callcache', 'constcache')"));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    const std::string_view text = row->Text(1);
    int64_t& number = text == "ment"        ? kinds.ment
                      : text == "iseq"      ? kinds.iseq
                      : text == "callcache" ? kinds.callcache
                                            : kinds.constcache;
    number = std::max(number, row->Int(0));
  }
  kinds_ = kinds;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint32_t>> CodeOwners::Methods(uint32_t class_id,
                                                          int64_t limit) {
  RETURN_IF_ERROR(ReadKinds());
  std::vector<uint32_t> ids;
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT e.dst FROM edges e CROSS JOIN objects o ON o.id = "
                 "e.dst WHERE e.src = ?1 AND o.kind = ?2 LIMIT ?3"));
  row->Bind(1, int64_t{class_id});
  row->Bind(2, kinds_->ment);
  row->Bind(3, limit);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return ids;
    ids.push_back(static_cast<uint32_t>(row->Int(0)));
  }
}

absl::StatusOr<uint32_t> CodeOwners::IseqOf(uint32_t id) {
  RETURN_IF_ERROR(ReadKinds());
  // Through a proc of define_method, and that one's env.
  for (int n = 0; n < 3 && id != 0; ++n) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT e.dst, o.kind, n.text FROM edges e CROSS JOIN "
                   "objects o ON o.id = e.dst LEFT JOIN names n ON n.id = "
                   "o.kind WHERE e.src = ?1 AND o.type IN ($T_DATA, "
                   "$T_IMEMO) LIMIT 40"));
    row->Bind(1, int64_t{id});
    id = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      if (row->Int(1) == kinds_->iseq) {
        const auto iseq = static_cast<uint32_t>(row->Int(0));
        row->Reset();
        return iseq;
      }
      const ObjectKind kind = KindOf(row->Text(2));
      if (kind == ObjectKind::kProc || (id == 0 && kind == ObjectKind::kEnv)) {
        id = static_cast<uint32_t>(row->Int(0));
      }
    }
  }
  return 0;
}

absl::StatusOr<IseqName> CodeOwners::Iseq(uint32_t id) {
  const auto known = iseqs_.find(id);
  if (known != iseqs_.end()) return known->second;
  IseqName name;
  ASSIGN_OR_RETURN(const std::optional<IseqName> found, describe_.Iseq(id));
  if (found) name = *found;
  name.id = id;
  if (!name.place.known()) {
    // A dump without records of code has the strings of an iseq: its label,
    // the label of its method, its path or [path, real path].
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached(
            "SELECT o.type, s.value, (SELECT s2.value FROM edges e2 "
            "JOIN strings s2 ON s2.id = e2.dst WHERE e2.src = e.dst "
            "ORDER BY e2.n LIMIT 1) FROM edges e CROSS JOIN objects o "
            "ON o.id = e.dst LEFT JOIN strings s ON s.id = e.dst WHERE "
            "e.src = ?1 AND o.type IN ($T_STRING, $T_ARRAY) ORDER BY e.n "
            "LIMIT 40"));
    row->Bind(1, int64_t{id});
    std::vector<std::string> before;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row->Step());
      if (!more) break;
      const bool array = row->Int(0) == 7;
      const std::string text(row->Text(array ? 2 : 1));
      if (IsFile(text) && (array || !before.empty())) {
        name.place.file = text;
        if (!before.empty() && name.label.empty()) {
          name.label = before.back();
          if (before.size() > 1 &&
              absl::EndsWith(before[before.size() - 2], before.back())) {
            name.label = before[before.size() - 2];
          }
        }
        row->Reset();
        break;
      }
      if (!array) before.push_back(text);
    }
  }
  iseqs_[id] = name;
  return name;
}

absl::StatusOr<std::vector<uint32_t>> CodeOwners::ClassesOf(
    const std::string& name) {
  std::vector<uint32_t> ids;
  for (const std::string& text :
       {name, std::string(kSingletonStart) + name + ">"}) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT id FROM classes WHERE name = ?1 LIMIT ?2"));
    row->Bind(1, text);
    row->Bind(2, kMaxClasses);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      ids.push_back(static_cast<uint32_t>(row->Int(0)));
    }
    row->Reset();
  }
  return ids;
}

absl::StatusOr<ClassCode> CodeOwners::ByMethods(const std::string& name) {
  ASSIGN_OR_RETURN(const std::vector<uint32_t> ids, ClassesOf(name));
  std::map<CodeOwner, int> votes;
  std::map<CodeOwner, Place> places;
  std::vector<std::string> others;  // files that are not the application's
  int c_functions = 0;
  int unknown = 0;
  for (const uint32_t id : ids) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                     Methods(id, kMaxMethods));
    for (const uint32_t method : methods) {
      // A class whose first methods are all one gem's is that gem's.
      if (votes.size() == 1 &&
          votes.begin()->first != CodeOwner::kApplication &&
          votes.begin()->second >= kEnoughMethods) {
        break;
      }
      ASSIGN_OR_RETURN(const uint32_t iseq, IseqOf(method));
      if (iseq == 0) {
        ++c_functions;
        continue;
      }
      ASSIGN_OR_RETURN(const IseqName code, Iseq(iseq));
      const CodeOwner owner = OwnerOfFile(code.place.file);
      if (owner == CodeOwner::kUnknown) {
        ++unknown;
      } else {
        ++votes[owner];
      }
      Place& place = places[owner];
      if (!place.known() ||
          (place.file == code.place.file && code.place.line != 0 &&
           code.place.line < place.line)) {
        place = code.place;
      }
      if (owner == CodeOwner::kGem || owner == CodeOwner::kRuby) {
        others.push_back(absl::AsciiStrToLower(code.place.file));
      }
    }
  }
  ClassCode code;
  int most = 0;
  int all = 0;
  for (const auto& [owner, count] : votes) {
    all += count;
    if (count <= most) continue;
    most = count;
    code.owner = owner;
  }
  // A class of the application whose methods are mostly made by a gem's
  // macros: no file of a gem is called after it.
  const bool has_application = votes.count(CodeOwner::kApplication) != 0;
  if (code.owner == CodeOwner::kGem ||
      (code.owner == CodeOwner::kRuby && has_application)) {
    const std::string snake = SnakeCase(name);
    const std::string joined = absl::StrReplaceAll(snake, {{"_", ""}});
    const bool of_gem =
        std::any_of(others.begin(), others.end(), [&](const std::string& file) {
          return Has(file, snake) || Has(file, joined);
        });
    if (!of_gem && c_functions <= 3 * all) {
      if (!Has(name, "::")) {
        code.owner = CodeOwner::kApplication;
      } else {
        ASSIGN_OR_RETURN(const ClassCode outer,
                         OfClass(name.substr(0, name.find("::"))));
        if (outer.owner == CodeOwner::kApplication) {
          code.owner = CodeOwner::kApplication;
        }
      }
    }
  }
  code.place = places[code.owner];
  if (!code.place.known()) code.place = places[CodeOwner::kUnknown];
  if (votes.empty() && c_functions > 0 && unknown == 0) {
    code.owner = CodeOwner::kRuby;
    code.is_c = true;
  }
  return code;
}

absl::StatusOr<ClassCode> CodeOwners::OfClass(const std::string& name) {
  const auto known = classes_.find(name);
  if (known != classes_.end()) return known->second;
  ClassCode code;
  if (IsCoreClass(name)) {
    code.owner = CodeOwner::kRuby;
  } else if (!name.empty() && name[0] != '#') {
    classes_[name] = code;  // a damaged name may lead back to itself
    ASSIGN_OR_RETURN(code, ByMethods(name));
    const size_t outer = name.rfind("::");
    if (code.owner == CodeOwner::kUnknown && outer != std::string::npos) {
      ASSIGN_OR_RETURN(code, OfClass(name.substr(0, outer)));
    } else if (code.owner == CodeOwner::kUnknown) {
      code.owner = CodeOwner::kApplication;  // data, Struct, evaluated code
    }
  }
  classes_[name] = code;
  return code;
}

absl::StatusOr<std::vector<std::string>> CodeOwners::ApplicationFiles() {
  if (application_files_) return *application_files_;
  // A set here is several times faster than DISTINCT in SQL.
  absl::flat_hash_set<std::string> all;
  ASSIGN_OR_RETURN(Statement * row, db_.Cached("SELECT file FROM iseqs"));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    const std::string_view file = row->Text(0);
    if (!file.empty() && file.front() == '/') {
      all.emplace(file.data(), file.size());
    }
  }
  std::vector<std::string> files;
  for (const std::string& file : all) {
    if (OwnerOfFile(file) == CodeOwner::kApplication) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  application_files_ = files;
  return files;
}

absl::StatusOr<CodeOwner> CodeOwners::Of(const PathNode& node) {
  switch (node.what) {
    case MaskedObject::kProc: {
      ASSIGN_OR_RETURN(const IseqName code, Iseq(node.iseq));
      return OwnerOfFile(code.place.file);
    }
    case MaskedObject::kInstance:
    case MaskedObject::kSubInstance:
    case MaskedObject::kClass:
    case MaskedObject::kSingleton: {
      ASSIGN_OR_RETURN(const ClassCode code, OfClass(node.name));
      return code.owner;
    }
    case MaskedObject::kAnonymous: {
      if (node.name.empty() || IsCoreClass(node.name)) {
        return CodeOwner::kUnknown;
      }
      ASSIGN_OR_RETURN(const ClassCode code, OfClass(node.name));
      return code.owner;
    }
    default:
      return CodeOwner::kUnknown;
  }
}

}  // namespace heapq
