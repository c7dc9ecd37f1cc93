# frozen_string_literal: true

require_relative "support/end_to_end"

# Where live objects were allocated: from a running program to each answer.
class SamplesTest < Minitest::Test
  include EndToEnd

  PROGRAM = File.join(__dir__, "programs/sampled.rb")
  PAGE_LINE = File.readlines(PROGRAM).index { |line| line.include?("@page =") } + 1

  def setup
    super
    @visits = ruby("-rheap_dump", PROGRAM, path("dump.json")).to_i
    load_dump
  end

  def test_each_answer_names_the_line
    first = heapq_json("suspects").fetch("suspects").fetch(0)
    assert_match(/Journal::VISITS/, first["sentence"])
    at = first.fetch("allocated_at")
    assert_equal [PROGRAM, PAGE_LINE, "Visit#initialize"], at["site"].values_at("file", "line", "method")
    assert_operator at["share"], :>, 0.5
    assert_includes at["stack"].map { |frame| frame["method"] }, "Journal.record"
    assert_includes heapq("suspects"), "   Allocated at #{PROGRAM}:#{PAGE_LINE} in Visit#initialize ("

    site = heapq_json("totals", "--by", "site").fetch("rows").first
    assert_equal "#{PROGRAM}:#{PAGE_LINE} in Visit#initialize", site["name"]
    # An estimate by few samples: the order of magnitude.
    assert_includes @visits / 3..@visits * 3, site["count"]

    heapq("export", "--to", "folded", "--stacks", "allocations", "-o", path("folded"))
    stack = File.readlines(path("folded"), chomp: true).max_by { |line| line[/\d+\z/].to_i }
    assert_match(/;#{Regexp.escape(PROGRAM)}:\d+ in Journal\.record;.*Visit#initialize \d+\z/, stack)
  end
end
