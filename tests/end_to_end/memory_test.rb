# frozen_string_literal: true

require_relative "support/end_to_end"

# Where programs have their memory that was put there on purpose.
class MemoryTest < Minitest::Test
  include EndToEnd

  PROGRAMS = {
    "objects" => "$kept = Array.new(300_000) { |i| 'k' * 200 + i.to_s }",
    "garbage" => "GC.disable; 300_000.times { 'g' * 300 }",
    "fragmented_heap" => <<~RUBY,
      objects = Array.new(1_500_000) { Object.new }
      $kept = objects.each_slice(1_500).map(&:first)
    RUBY
    "fragmented_malloc" => <<~RUBY,
      strings = Array.new(150_000) { "x" * 1000 }
      $kept = strings.each_slice(25).map(&:first)
    RUBY
    "native" => <<~RUBY,
      $blocks = Array.new(20_000) { Fiddle.malloc(4_000).tap { |block| Fiddle::Pointer.new(block)[0, 4_000] = "x" * 4_000 } }
    RUBY
    "small" => "nil"
  }.freeze

  PROGRAMS.each do |verdict, work|
    define_method("test_#{verdict}") do
      dump(work, "dump.json", gc: verdict != "garbage")
      heapq("load", path("dump.json"))
      answer = heapq_json("memory")
      assert_equal verdict, answer["verdict"], answer.inspect
      assert_in_delta answer["rss"], answer["rows"].sum { |row| row["bytes"] }, answer["rss"] * 0.03
    end
  end

  def test_growth_is_explained
    dump("nil", "old.json")
    dump(PROGRAMS["native"], "new.json")
    run_command(HEAPQ, "load", path("old.json"), "--db", path("old.db"))
    heapq("load", path("new.json"))
    sentence = heapq_json("memory", "--against", path("old.db"))["sentence"]
    assert_match(/\+\d+ MB RSS: .*not a leak of Ruby objects; native memory grew by \d+ MB/, sentence)
  end

  # Does the work in a thread that has ended: no stale word on a stack keeps what
  # it dropped.
  def dump(work, name, gc: true)
    ruby("-rheap_dump", "-rfiddle", "-e", <<~RUBY, path(name))
      def work
        #{work}
        nil
      end
      Thread.new { work }.join
      HeapDump.dump(ARGV[0], gc: #{gc})
    RUBY
  end
end
