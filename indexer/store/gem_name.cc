#include "indexer/store/gem_name.h"

namespace heapq {

std::string GemOf(std::string_view file) {
  static constexpr std::string_view kGems = "/gems/";
  const size_t gems = file.rfind(kGems);
  if (gems != std::string_view::npos) {
    const size_t begin = gems + kGems.size();
    const size_t end = file.find('/', begin);
    if (end != std::string_view::npos) {
      const std::string_view name = file.substr(begin, end - begin);
      // ".../lib/ruby/gems/3.1.0/..." is the folder of gems, not one of them.
      if (name.find_first_not_of("0123456789.") != std::string_view::npos) {
        return std::string(name);
      }
    }
  }
  if (file.substr(0, 10) == "<internal:" ||
      file.find("/lib/ruby/") != std::string_view::npos) {
    return "ruby";
  }
  return "(application)";
}

}  // namespace heapq
