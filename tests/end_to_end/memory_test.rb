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
      assert_equal LEVELS.fetch(verdict, "normal"), answer["level"] unless verdict == "objects"
      assert_in_delta answer["rss"], answer["rows"].sum { |row| row["bytes"] }, answer["rss"] * 0.03
    end
  end

  LEVELS = { "native" => "alarm", "fragmented_heap" => "alarm", "fragmented_malloc" => "alarm" }.freeze

  def test_paths_of_objects_on_sparse_pages
    dump(PROGRAMS["fragmented_heap"], "dump.json")
    heapq("load", path("dump.json"))
    assert_match(/× Object on [\d,]+ sparse pages, held by \$kept → \[\*\]$/, heapq("memory"))
    assert_match(/× Object on .*\$kept/, heapq_json("memory")["pages_kept_by_1"])
  end

  # The extension reports no sizes; the library says what it took.
  def test_sqlite_handles_are_native_memory
    known = dump(<<~RUBY, "dump.json", gc: true, options: ["-rsqlite3"]).to_i
      $handles = Array.new(400) do
        SQLite3::Database.new(":memory:").tap do |db|
          db.execute("CREATE TABLE t(a)")
          db.execute("INSERT INTO t VALUES(zeroblob(100000))")
        end
      end
      $stdout.puts Fiddle::Function.new(Fiddle.dlopen("libsqlite3.so.0")["sqlite3_memory_used"], [], Fiddle::TYPE_LONG_LONG).call
    RUBY
    heapq("load", path("dump.json"))
    answer = heapq_json("memory")
    assert_equal "native", answer["verdict"], answer.inspect
    native = answer["rows"].find { |row| row["part"] == "native" }["bytes"]
    assert_in_delta known, native, known / 10
    assert_match(/400 × SQLite3::Database \(sqlite3_native\.so\)/, heapq("memory"))
  end

  def test_a_batch_in_progress_is_a_working_set
    ruby("-rheap_dump", "-e", <<~RUBY, path("dump.json"))
      def build
        rows = Array.new(300_000) { |i| "k" * 200 + i.to_s }
        HeapDump.dump(ARGV[0])
        rows.size
      end
      build
    RUBY
    heapq("load", path("dump.json"))
    answer = heapq_json("memory")
    assert_equal "working_set", answer["verdict"], answer.inspect
    assert_includes answer["sentence"], "rows of Object#build"
  end

  def test_jemalloc
    library = Dir["/usr/lib/*/libjemalloc.so.2"].first or flunk "libjemalloc2 is not installed: script/bootstrap --test"
    dump(PROGRAMS["native"], "dump.json", options: [], env: { "LD_PRELOAD" => library })
    heapq("load", path("dump.json"))
    answer = heapq_json("memory")
    assert_equal "native", answer["verdict"], answer.inspect
    native = answer["rows"].find { |row| row["part"] == "native" }["bytes"]
    assert_in_delta 80_000_000, native, 8_000_000
  end

  def test_dump_all_with_a_status_file
    ruby("-robjspace", "-e", <<~RUBY, path("dump.json"), path("status.txt"))
      $kept = Array.new(200_000) { |i| "k" * 200 + i.to_s }
      ObjectSpace.dump_all(output: File.open(ARGV[0], "w"))
      File.write(ARGV[1], File.read("/proc/self/smaps_rollup"))
    RUBY
    heapq("load", path("dump.json"), "--status", path("status.txt"))
    answer = heapq_json("memory")
    assert_equal "objects", answer["verdict"], answer.inspect
    assert_in_delta answer["rss"], answer["rows"].sum { |row| row["bytes"] }, answer["rss"] * 0.03
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
  def dump(work, name, gc: true, options: [], env: {})
    ruby("-rheap_dump", "-rfiddle", *options, "-e", <<~RUBY, path(name), env: env)
      def work
        #{work}
        nil
      end
      Thread.new { work }.join
      HeapDump.dump(ARGV[0], gc: #{gc})
    RUBY
  end
end
