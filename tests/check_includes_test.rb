# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "tmpdir"
require_relative "check_includes"

# A check that cannot fail holds nothing: each rule is broken once.
class CheckIncludesTest < Minitest::Test
  def setup
    @root = Dir.mktmpdir
    write "indexer/base/text.h", ""
    write "indexer/graph/graph.h", %(#include "indexer/base/text.h"\n)
    write "indexer/model/edge_kind.h", ""
    write "indexer/sqlite/connection.cc", "#include <sqlite3.h>\n"
    write "indexer/store/schema.h", ""
    write "query/path.cc", %(#include "query/path.h"\n#include "indexer/model/edge_kind.h"\n)
    write "query/path.h", %(#include "indexer/store/schema.h"\n)
    write "cli/main.cc", %(#include <string>\n#include "query/path.h"\n#include "indexer/graph/graph.h"\n)
    write "dumper/ext/heap_dump/walk/walk.h", ""
    write "dumper/ext/heap_dump/capture/snapshot.cc", %(#include "walk/walk.h"\n#include <ruby.h>\n)
    write "tests/graph_test.cc", %(#include "indexer/graph/graph.h"\n#include <sqlite3.h>\n)
  end

  def teardown
    FileUtils.remove_entry(@root)
  end

  def test_allowed_arrows
    assert_empty violations
  end

  def test_arrow_back
    write "indexer/base/text.cc", %(\n#include "query/path.h"\n)
    assert_equal ["indexer/base/text.cc:2: indexer/ may not include query/path.h"], violations
  end

  def test_query_may_not_look_into_the_graph
    write "query/path.cc", %(#  include "indexer/graph/graph.h"\n)
    assert_equal ["query/path.cc:1: query/ may not include indexer/graph/graph.h"], violations
  end

  def test_nothing_includes_tests
    write "tests/tool.h", ""
    write "cli/main.cc", %(#include "tests/tool.h"\n)
    assert_equal ["cli/main.cc:1: cli/ may not include tests/tool.h"], violations
  end

  def test_sqlite_in_another_room
    ["<sqlite3.h>", '"sqlite3.h"'].each do |header|
      write "query/path.cc", "#include #{header}\n"
      assert_equal ["query/path.cc:1: only indexer/sqlite/ includes sqlite3.h"], violations
    end
  end

  def test_dumper_builds_alone
    write "dumper/ext/heap_dump/walk.cc", %(#include "indexer/base/text.h"\n)
    assert_equal ["dumper/ext/heap_dump/walk.cc:1: dumper/ includes nothing of ours, but indexer/base/text.h"],
                 violations
  end

  def test_folders_of_the_extension_have_an_order
    write "dumper/ext/heap_dump/capture/report.h", ""
    write "dumper/ext/heap_dump/walk/walk.cc", %(#include "capture/report.h"\n#include "walk.h"\n)
    assert_equal ["dumper/ext/heap_dump/walk/walk.cc:1: dumper/ext/heap_dump/walk/ may not include capture/report.h",
                  "dumper/ext/heap_dump/walk/walk.cc:2: walk.h is not a path from dumper/ext/heap_dump"], violations
  end

  def test_a_folder_of_the_extension_that_is_not_in_the_order
    write "dumper/ext/heap_dump/extra/extra.cc", %(#include "walk/walk.h"\n)
    assert_equal ["dumper/ext/heap_dump/extra/extra.cc:1: dumper/ext/heap_dump/extra/ may not include walk/walk.h"],
                 violations
  end

  def test_libraries_may_be_quoted
    write "query/path.cc", %(#include "absl/status/status.h"\n#include "query/path.h"\n)
    assert_empty violations
  end

  def test_path_from_elsewhere
    write "indexer/graph/graph.cc", %(#include "graph.h"\n#include "indexer/gone.h"\n)
    assert_equal ["indexer/graph/graph.cc:1: graph.h is no path from the repository's root",
                  "indexer/graph/graph.cc:2: there is no indexer/gone.h"], violations
  end

  def test_cycle
    write "indexer/base/text.h", %(#include "indexer/sqlite/connection.h"\n)
    write "indexer/sqlite/connection.h", %(#include "indexer/graph/graph.h"\n)
    assert_equal 1, violations.size
    assert_match(/\Acycle: indexer\/base -> indexer\/sqlite \(.*\) -> indexer\/graph \(.*\) -> indexer\/base \(/,
                 violations.first)
  end

  private

  def write(path, text)
    path = File.join(@root, path)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
  end

  def violations
    IncludeCheck.new(@root).violations
  end
end
