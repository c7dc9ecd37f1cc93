#include "query/suspects/source_code.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

class SourceCodeTest : public ::testing::Test {
 protected:
  VariableCode Find(const std::string& text, const std::string& class_name,
                    const std::string& variable, bool is_array = false) {
    const std::string file = dir_.Write("code.rb", text);
    return SourceCode().FindVariable({file}, class_name, variable, is_array);
  }

  TempDir dir_;
};

TEST_F(SourceCodeTest, NamesTheMethodThatAdds) {
  const VariableCode code = Find(
      "class Bus\n"
      "  def initialize\n"
      "    @handlers = []\n"
      "  end\n"
      "  def on(&block)\n"
      "    @handlers << block\n"
      "  end\n"
      "end\n",
      "Bus", "@handlers");
  EXPECT_EQ(6U, code.add.place.line);
  EXPECT_EQ("Bus#on", code.add.label);
  EXPECT_FALSE(code.removal.known());
  EXPECT_FALSE(code.removes_as_it_adds);
}

TEST_F(SourceCodeTest, ReadsTheClassThatIsAskedFor) {
  const VariableCode code = Find(
      "class Other\n"
      "  def put(x) = @list << x\n"
      "end\n"
      "class Shop::Cart\n"
      "  class << self\n"
      "    def put(x) = (@list ||= []) << x\n"
      "  end\n"
      "end\n",
      "Shop::Cart", "@list");
  EXPECT_EQ(6U, code.add.place.line);
  EXPECT_EQ("Shop::Cart.put", code.add.label);
}

TEST_F(SourceCodeTest, FindsTheMethodAroundARescue) {
  const VariableCode code = Find(
      "class Poller\n"
      "  def initialize = @last = nil\n"
      "  def poll\n"
      "    ask\n"
      "  rescue IOError => error\n"
      "    @last = error\n"
      "  end\n"
      "end\n",
      "Poller", "@last");
  EXPECT_EQ(6U, code.add.place.line);
  EXPECT_EQ("Poller#poll", code.add.label);
}

TEST_F(SourceCodeTest, AListThatLinksItsOldHeadGrows) {
  for (const char* const line :
       {"@head = Node.new(value, @head)", "@head = [value, @head]"}) {
    const VariableCode code =
        Find(std::string("class List\n  def put(value)\n    ") + line +
                 "\n  end\nend\n",
             "List", "@head");
    EXPECT_EQ(3U, code.add.place.line) << line;
  }
  const VariableCode code = Find(
      "class List\n"
      "  def trim\n"
      "    @head = Node.new(@head.value)\n"
      "  end\n"
      "end\n",
      "List", "@head");
  EXPECT_FALSE(code.add.known());
}

TEST_F(SourceCodeTest, DelegatedMethodsAdd) {
  for (const char* const line :
       {"def_delegators :@items, :size, :<<", "delegate :push, to: :@items"}) {
    const VariableCode code =
        Find(std::string("class Inbox\n  ") + line +
                 "\n  def initialize = @items = []\nend\n",
             "Inbox", "@items");
    EXPECT_EQ(2U, code.add.place.line) << line;
  }
  EXPECT_FALSE(Find("class Inbox\n"
                    "  def_delegators :@items, :size\n"
                    "  def initialize = @items = []\n"
                    "end\n",
                    "Inbox", "@items")
                   .add.known());
}

TEST_F(SourceCodeTest, DeclarationsRunAtLoad) {
  std::string calls;
  for (char name = 'a'; name < 'p'; ++name) {
    calls += std::string("Types.define(:") + name + ")\n";
  }
  const auto at_load = [this](const std::string& text) {
    return SourceCode().IsCalledAtLoad({dir_.Write("code.rb", text)},
                                       "Types.define");
  };
  EXPECT_TRUE(at_load(calls));
  EXPECT_TRUE(
      at_load("module Types\n  def self.define(name) = nil\nend\n" + calls));
  EXPECT_FALSE(at_load("Types.define(:a)\n"));
  EXPECT_FALSE(at_load(calls + "def call(name)\n  Types.define(name)\nend\n"));
  EXPECT_FALSE(at_load(calls + "20.times { |number| Types.define(number) }\n"));
}

TEST_F(SourceCodeTest, KnowsWaysToAdd) {
  for (const char* const line :
       {"@map[key] = 1", "@map[key] ||= load(key)", "@map[a][b] << 1",
        "@map.push(1)", "@map.store(1, 2)", "(@map ||= []) << 1", "@map += x",
        "(@map ||= {})[key] ||= yield", "(@map ||= Hash.new(0))[key] = 2",
        "@map.compute_if_absent(key) { 1 }"}) {
    const VariableCode code =
        Find(std::string("class A\n  def go\n    ") + line + "\n  end\nend\n",
             "A", "@map");
    EXPECT_EQ(3U, code.add.place.line) << line;
  }
  for (const char* const line :
       {"@map[key] == 1", "@map[key] =~ x", "@map.fetch(key)", "# @map << 1",
        "@mapping << 1", "@@map << 1", "@map.size",
        "(@map ||= {})[key] == 1"}) {
    const VariableCode code =
        Find(std::string("class A\n  def go\n    ") + line + "\n  end\nend\n",
             "A", "@map");
    EXPECT_FALSE(code.add.known()) << line;
  }
}

TEST_F(SourceCodeTest, WhatFillsWhileLoadingDoesNotAddLater) {
  const VariableCode code = Find(
      "class Table\n"
      "  ROWS = {}\n"
      "  100.times do |i|\n"
      "    ROWS[i] = i\n"
      "  end\n"
      "  def row(i)\n"
      "    ROWS[i]\n"
      "  end\n"
      "end\n",
      "Table", "ROWS");
  EXPECT_TRUE(code.found);
  EXPECT_FALSE(code.add.known());
  EXPECT_EQ(4U, code.add_at_load.place.line);
}

TEST_F(SourceCodeTest, ABlockOfACallbackRunsLater) {
  const VariableCode code = Find(
      "class Api < Base\n"
      "  SEEN = []\n"
      "  get '/page' do\n"
      "    SEEN << params\n"
      "  end\n"
      "end\n",
      "Api", "SEEN");
  EXPECT_EQ(4U, code.add.place.line);
}

TEST_F(SourceCodeTest, SeesThatACacheIsBounded) {
  const std::string direct =
      "class Cache\n"
      "  def put(key, value)\n"
      "    @map.shift if @map.size > 100\n"
      "    @map[key] = value\n"
      "  end\n"
      "end\n";
  EXPECT_TRUE(Find(direct, "Cache", "@map").removes_as_it_adds);
  const std::string by_a_call =
      "class Cache\n"
      "  def put(key, value)\n"
      "    @map[key] = value\n"
      "    trim\n"
      "  end\n"
      "  def trim\n"
      "    @map.shift\n"
      "  end\n"
      "end\n";
  EXPECT_TRUE(Find(by_a_call, "Cache", "@map").removes_as_it_adds);
  const std::string never_called =
      "class Bus\n"
      "  def on(block)\n"
      "    @map[block] = 1\n"
      "  end\n"
      "  def off(block)\n"
      "    @map.delete(block)\n"
      "  end\n"
      "end\n";
  const VariableCode code = Find(never_called, "Bus", "@map");
  EXPECT_FALSE(code.removes_as_it_adds);
  EXPECT_EQ(6U, code.removal.place.line);
}

TEST_F(SourceCodeTest, AnObjectAddsItselfToASharedList) {
  const std::string text =
      "class Session\n"
      "  @@open = []\n"
      "  def initialize\n"
      "    @own = []\n"
      "    @own << 1\n"
      "    @@open << self\n"
      "  end\n"
      "end\n";
  EXPECT_EQ(6U, Find(text, "Session", "@@open").add.place.line);
  EXPECT_FALSE(Find(text, "Session", "@own").add.known());
}

TEST_F(SourceCodeTest, AnArraysElementIsReplaced) {
  const std::string text =
      "class Ring\n"
      "  def put(x)\n"
      "    @slots[@next % 100] = x\n"
      "  end\n"
      "end\n";
  EXPECT_FALSE(Find(text, "Ring", "@slots", true).add.known());
  EXPECT_EQ(3U, Find(text, "Ring", "@slots").add.place.line);
}

TEST_F(SourceCodeTest, SeesWhetherOnlyDefaultsAreAdded) {
  const std::string memo =
      "class Rates\n"
      "  def rate(x) = @rates[x] ||= Rate.new(x)\n"
      "end\n";
  EXPECT_TRUE(Find(memo, "Rates", "@rates").memo);
  const std::string list =
      "class Rates\n"
      "  def rate(x) = @rates[x] ||= Rate.new(x)\n"
      "  def put(x, y) = @rates[x] = y\n"
      "end\n";
  EXPECT_FALSE(Find(list, "Rates", "@rates").memo);
}

TEST_F(SourceCodeTest, FindsTheLineOfALabel) {
  const std::string file = dir_.Write("code.rb",
                                      "module Shop\n"
                                      "  class Bus\n"
                                      "    def self.open\n"
                                      "      new\n"
                                      "    end\n"
                                      "    def on(event)\n"
                                      "      x = event\n"
                                      "      list << -> { x }\n"
                                      "    end\n"
                                      "  end\n"
                                      "end\n");
  SourceCode source;
  EXPECT_EQ(3U, source.LineOf(file, "Shop::Bus.open"));
  EXPECT_EQ(6U, source.LineOf(file, "Shop::Bus#on"));
  EXPECT_EQ(8U, source.LineOf(file, "block in Shop::Bus#on"));
  EXPECT_EQ(2U, source.LineOf(file, "class Shop::Bus"));
  EXPECT_EQ(0U, source.LineOf(file, "Shop::Bus#missing"));
}

TEST_F(SourceCodeTest, ReadsOnlyRubyFilesThatAreThere) {
  SourceCode source;
  const std::string text = dir_.Write("notes.txt", "class Bus\nend\n");
  EXPECT_EQ(0U, source.LineOf(text, "class Bus"));
  EXPECT_EQ(0U, source.LineOf(dir_.File("none.rb"), "class Bus"));
  EXPECT_EQ(0U, source.LineOf(dir_.path(), "class Bus"));
  EXPECT_EQ(0U, source.LineOf("relative.rb", "class Bus"));
}

}  // namespace
}  // namespace heapq
