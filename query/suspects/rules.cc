#include "query/suspects/rules.h"

namespace heapq {
namespace {

bool Fits(std::string_view pattern, std::string_view text) {
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return text.substr(0, pattern.size()) == pattern;
  }
  return text == pattern;
}

}  // namespace

const HolderRule* HolderRules::Find(std::string_view holder) const {
  for (const HolderRule& rule : rules_) {
    if (Fits(rule.holder, holder)) return &rule;
  }
  return nullptr;
}

const HolderRules& HolderRules::BuiltIn() {
  static const auto* const kRules = new HolderRules({
      {HolderRule::kNormal, "I18n*", "translations are read once"},
      {HolderRule::kNormal, "MIME::Types*", "the table of MIME types"},
      {HolderRule::kNormal, "MiniMime*", "the table of MIME types"},
      {HolderRule::kNormal, "Mime*", "the table of MIME types"},
      {HolderRule::kNormal, "TZInfo*", "time zones are read once"},
      {HolderRule::kNormal, "Gem*", "specifications of gems"},
      {HolderRule::kNormal, "Bundler*", "specifications of gems"},
      {HolderRule::kNormal, "Zeitwerk*", "files that may be loaded"},
      {HolderRule::kNormal, "ActiveRecord::ConnectionAdapters::SchemaCache*",
       "columns of the tables"},
      {HolderRule::kNormal, "ActionDispatch::Journey*", "routes"},
      {HolderRule::kNormal, "ActionDispatch::Routing*", "routes"},
      {HolderRule::kNormal, "Encoding*", "encodings"},
      {HolderRule::kNormal, "Unicode*", "a table of characters"},
      {HolderRule::kNormal, "SCRIPT_LINES__", "texts of loaded files"},
  });
  return *kRules;
}

}  // namespace heapq
