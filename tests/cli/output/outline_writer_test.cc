#include "cli/output/outline_writer.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/output/short_paths.h"
#include "cli/output/terminal.h"

namespace heapq {
namespace {

OutlineRow Row(size_t depth, const std::string& reference,
               const std::string& object, const std::string& place = "") {
  OutlineRow row;
  row.figures = {"1.2 MB"};
  row.depth = depth;
  row.reference = reference;
  row.object = object;
  row.place = place;
  return row;
}

std::string Outline(const std::vector<OutlineRow>& rows, size_t columns) {
  std::ostringstream out;
  OutlineWriter::Options options;
  options.columns = columns;
  OutlineWriter({"kept"}, &out, options).Print(rows);
  return out.str();
}

TEST(OutlineWriter, DrawsTheBranches) {
  EXPECT_EQ(
      "  kept\n"
      "1.2 MB  A\n"
      "1.2 MB  ├ @b: B\n"
      "1.2 MB  │ └ C\n"
      "1.2 MB  │   └ @d: D\n"
      "1.2 MB  └ E\n",
      Outline({Row(0, "A", "A"), Row(1, "@b", "B"), Row(2, "", "C"),
               Row(3, "@d", "D"), Row(1, "E", "")},
              0));
}

TEST(OutlineWriter, ContinuesALongLineBelow) {
  EXPECT_EQ(
      "  kept\n"
      "1.2 MB  A\n"
      "1.2 MB  ├ @handlers_of_the_session_and_more:\n"
      "        │   Hash (1,000 entries with text)\n"
      "        │   lib/session.rb:12\n"
      "1.2 MB  └ B\n",
      Outline({Row(0, "A", ""),
               Row(1, "@handlers_of_the_session_and_more",
                   "Hash (1,000 entries with text)", "lib/session.rb:12"),
               Row(1, "B", "")},
              60));
}

TEST(OutlineWriter, LinesFitHoweverDeepTheyAre) {
  std::vector<OutlineRow> rows;
  for (size_t i = 0; i < 60; ++i) {
    rows.push_back(Row(i, "Some::Long::Namespace::Of::AClass#@variable",
                       "#<Another::Long::Namespace::OfAClass:0x7f0000000000>",
                       "/srv/application/lib/some/folder/file.rb:1234"));
  }
  for (const size_t columns : {60U, 80U, 120U}) {
    std::istringstream lines(Outline(rows, columns));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(DisplayWidth(line), columns) << line;
    }
  }
}

TEST(OutlineWriter, PlaceIsNotRepeated) {
  EXPECT_EQ("  kept\n1.2 MB  [1]: proc app.rb:3 (block)\n",
            Outline({Row(0, "[1]", "proc app.rb:3 (block)", "app.rb:3")}, 0));
  EXPECT_EQ("  kept\n1.2 MB  [1]: A  app.rb:3\n",
            Outline({Row(0, "[1]", "A", "app.rb:3")}, 0));
}

TEST(ShortPaths, AGemsFileBeginsWithTheGem) {
  const ShortPaths paths("/srv");
  EXPECT_EQ("proc rack-2.2.4/lib/rack.rb:4 (block)",
            paths.Shorten("proc /usr/lib/ruby/gems/3.1.0/gems/rack-2.2.4/lib/"
                          "rack.rb:4 (block)"));
}

TEST(ShortPaths, IsRelativeToHere) {
  const ShortPaths paths("/srv/shop");
  EXPECT_EQ("block in call (app/cart.rb:4)",
            paths.Shorten("block in call (/srv/shop/app/cart.rb:4)"));
  EXPECT_EQ("/srv/shopping/cart.rb:4",
            paths.Shorten("/srv/shopping/cart.rb:4"));
}

TEST(ShortPaths, LeavesOutWhatAllHaveInCommon) {
  ShortPaths paths("/root");
  paths.Add("/usr/share/redmine/app/models/issue.rb:187");
  EXPECT_EQ("", paths.Root()) << "one file";
  paths.Add("proc /usr/share/redmine/lib/plugin.rb:3 (block in load)");
  paths.Add("/var/lib/gems/3.1.0/gems/mail-2.7.1/lib/mail.rb:1");
  EXPECT_EQ("/usr/share/redmine/", paths.Root());
  EXPECT_EQ("app/models/issue.rb:187",
            paths.Shorten("/usr/share/redmine/app/models/issue.rb:187"));
  EXPECT_EQ("/usr/lib/ruby/set.rb:3", paths.Shorten("/usr/lib/ruby/set.rb:3"));
  paths.Add("/usr/lib/ruby/set.rb:3");
  EXPECT_EQ("", paths.Root()) << "/usr/ is not worth a line";
}

TEST(ShortPaths, OtherTextsStay) {
  const ShortPaths paths("/srv");
  for (const char* text : {"", "/", "GET /srv", "a/b/c", "//x", "%r{/srv/a}"}) {
    EXPECT_EQ(text, paths.Shorten(text));
  }
}

}  // namespace
}  // namespace heapq
