// Tables fit the terminal.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "cli/output/fit.h"
#include "cli/output/row_writer.h"
#include "cli/output/terminal.h"

namespace heapq {
namespace {

std::string Table(size_t columns) {
  std::ostringstream out;
  RowWriter::Options options;
  options.columns = columns;
  const auto rows =
      RowWriter::Make(Format::kTable,
                      {{"retained", "retained", RowColumn::kBytes},
                       {"address", "at"},
                       {"label", "object"},
                       {"place", "made at"},
                       {"none", "left out"}},
                      &out, options);
  rows->Row({uint64_t{123456}, std::string("0x7f2bf4414958"),
             std::string("proc /srv/app/lib/a/long/path/of/code.rb:16 (block)"),
             std::string("/srv/app/lib/a/long/path/of/code.rb:16"), RowCell()});
  rows->Row({uint64_t{7}, std::string("0x7f2bf4414960"),
             std::string("日本語日本語日本語日本語日本語日本語"), RowCell(),
             RowCell()});
  rows->Finish();
  return out.str();
}

TEST(TableWidth, LinesFitAndKeepAddressesAndBothEnds) {
  for (const size_t columns : {80U, 100U, 120U}) {
    std::istringstream lines(Table(columns));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(DisplayWidth(line), columns) << line;
    }
  }
  const std::string table = Table(80);
  EXPECT_NE(std::string::npos, table.find("123.5 kB  0x7f2bf4414958  proc "));
  EXPECT_NE(std::string::npos, table.find("code.rb:16\n")) << table;
  EXPECT_EQ(std::string::npos, table.find("left out")) << table;
}

TEST(TableWidth, WithoutAWidthNothingIsLeftOut) {
  const std::string table = Table(0);
  EXPECT_NE(std::string::npos, table.find("left out"));
  EXPECT_NE(std::string::npos,
            table.find("proc /srv/app/lib/a/long/path/of/code.rb:16 (block)"));
  EXPECT_EQ(table, Table(1000));
}

TEST(TableWidth, ShortenedKeepsBothEnds) {
  EXPECT_EQ("abcdefghij", Shortened("abcdefghij", 10));
  EXPECT_EQ("abc…hij", Shortened("abcdefghij", 7));
  EXPECT_LE(DisplayWidth(Shortened("日本語日本語", 7)), 7U);
}

}  // namespace
}  // namespace heapq
