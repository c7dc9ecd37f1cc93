#include "query/suspects/code_owner.h"

#include <gtest/gtest.h>

namespace heapq {
namespace {

TEST(CodeOwnerTest, ReadsTheOwnerFromThePathOfAFile) {
  const CodeOwner kApp = CodeOwner::kApplication;
  const CodeOwner kGem = CodeOwner::kGem;
  const CodeOwner kRuby = CodeOwner::kRuby;
  const struct {
    const char* file;
    CodeOwner owner;
  } kFiles[] = {
      {"/srv/shop/app/models/cart.rb", kApp},
      {"/home/me/gems/cart.rb", kApp},
      {"/usr/lib/ruby/3.1.0/set.rb", kRuby},
      {"/usr/local/lib/ruby/3.4.0/logger.rb", kRuby},
      {"<internal:kernel>", kRuby},
      {"/usr/lib/ruby/vendor_ruby/rubygems/core_ext/kernel_require.rb", kRuby},
      {"/usr/lib/ruby/vendor_ruby/rack/session.rb", kGem},
      {"/usr/local/lib/ruby/gems/3.4.0/gems/rack-3.0.1/lib/rack.rb", kGem},
      {"/usr/share/rubygems-integration/all/gems/rack-2.2.22/lib/rack.rb",
       kGem},
      {"/srv/shop/vendor/bundle/ruby/3.1.0/gems/puma-6.4.0/lib/puma.rb", kGem},
      {"/home/me/.bundle/ruby/3.1.0/bundler/gems/rails-1234/lib/x.rb", kGem},
      {"lib/relative.rb", CodeOwner::kUnknown},
      {"(eval)", CodeOwner::kUnknown},
      {"", CodeOwner::kUnknown},
  };
  for (const auto& [file, owner] : kFiles) {
    EXPECT_EQ(owner, OwnerOfFile(file)) << file;
  }
}

}  // namespace
}  // namespace heapq
