# frozen_string_literal: true

require_relative "capture_helper"

# A dump has the objects that a full collection would keep, although none is
# made for it.
class TestReachable < Minitest::Test
  include TakeHelper

  # Objects that may be in one of two dumps of a process and not in the other:
  # what the calls themselves make, and what only a stale word on a stack
  # refers to.
  STRAY = 100
  NUMBERS = %w[id of from size slot_size line generation length capacity fd arity].freeze

  # Each keeps some `Kept` and drops many `Dropped`.
  PROGRAMS = {
    "garbage" => <<~RUBY,
      $kept = Array.new(2_000) { |i| Kept.new(i) }
      GC.disable
      100_000.times { |i| Dropped.new([i.to_s]) }
    RUBY
    "threads and fibers" => <<~RUBY,
      $threads = Array.new(5) do |i|
        Thread.new { local = Kept.new(i); Thread.current[:kept] = Kept.new(local); sleep }
      end
      $fibers = Array.new(50) { |i| Fiber.new { local = Kept.new(i); Fiber.yield(1); local } }.each(&:resume)
      $enumerator = Enumerator.new { |y| kept = Kept.new(1); loop { y << kept } }.tap(&:next)
      sleep 0.01 until $threads.all? { |thread| thread.stop? }
      10_000.times { |i| Dropped.new(Fiber.new { i }) if i < 100; Dropped.new(i.to_s) }
    RUBY
    "finalizers" => <<~RUBY,
      def watch(object, kept); ObjectSpace.define_finalizer(object, proc { kept }); end
      $kept = Array.new(500) { |i| Kept.new(i).tap { |each| watch(each, Kept.new(i)) } }
      1_000.times { |i| watch(Dropped.new(i), 1) }
    RUBY
    "weak references" => <<~RUBY,
      $keys = Array.new(500) { |i| Kept.new(i) }
      $map = ObjectSpace::WeakMap.new
      $keys.each { |key| $map[key] = Dropped.new(key) }
      500.times { |i| $map[Dropped.new(i)] = Dropped.new(i) }
      if defined?(ObjectSpace::WeakKeyMap)
        $by_key = ObjectSpace::WeakKeyMap.new
        $keys.each { |key| $by_key[key] = Kept.new(1) }
        500.times { |i| $by_key[Dropped.new(i)] = 1 }
      end
      $super = Class.new
      500.times { Class.new($super) }
    RUBY
    "an unfinished collection" => <<~RUBY,
      GC.disable
      $kept = Array.new(30_000) { |i| Kept.new(i.to_s) }
      30_000.times { |i| Dropped.new(i.to_s) }
      GC.enable
      GC.start(immediate_mark: false, immediate_sweep: false)
      Dropped.new(1)
    RUBY
    "compaction" => <<~RUBY
      $kept = Array.new(20_000) { |i| [Kept.new(i.to_s), Dropped.new(i)] }
      $kept.each(&:pop)
      GC.respond_to?(:compact) && GC.compact
      10_000.times { |i| Dropped.new(i.to_s) }
    RUBY
  }.freeze

  PROGRAMS.each do |name, program|
    define_method("test_#{name.tr(' ', '_')}") { compare(program) }
  end

  def compare(program)
    out = ruby(<<~RUBY)
      Kept = Struct.new(:value)
      Dropped = Struct.new(:value)
      # Not in the main frame, where its last temporaries would stay.
      def run
      #{program}
        nil
      end
      run
      count = GC.count
      first = HeapDump.dump("found.json", mode: :clone)
      # Ruby may start one of its own whenever the call allocates.
      asked_for = GC.count > count && %i[method capi].include?(GC.latest_gc_info(:gc_by))
      p asked_for, first.gc, first.reachable
      GC.enable
      GC.start
      p HeapDump.dump("collected.json", garbage: true).reachable
    RUBY
    assert_equal %w[false false true false], out.split
    found = objects_of(assert_whole("found.json"), reachable: true)
    collected = objects_of(assert_whole("collected.json"), reachable: false)
    assert_operator (found.to_a - collected.to_a).size, :<=, STRAY, "objects that a collection freed"
    assert_operator (collected.to_a - found.to_a).size, :<=, STRAY, "objects that a collection kept"
    kept = found.values.count("Kept")
    assert_operator kept, :>, 0
    assert_equal collected.values.count("Kept"), kept
    # Of these the stack may still hold a few.
    assert_in_delta collected.values.count("Dropped"), found.values.count("Dropped"), 20
  end

  # Address => class's name.
  def objects_of(records, reachable:)
    header = records.first
    assert_equal reachable, header["reachable"]
    assert_equal false, header["gc"]["collected"]
    assert_operator header["gc"]["slots"], :>=, header["gc"]["live"]
    names = records.select { |record| record["bt"] == "T_CLASS" }.to_h { |record| [record["id"], record["name"]] }
    objects = records.reject { |record| record.key?("of") }.select { |record| record["id"].is_a?(Integer) }
    assert_no_dangling_references(records, objects.to_h { |each| [each["id"], true] }) if reachable
    objects.to_h { |record| [record["id"], [record["bt"], names[record["class"]]].compact.last] }
  end

  def assert_no_dangling_references(records, ids)
    records[1..-2].each do |record|
      each_reference(record) do |target|
        flunk "#{target} in #{record.to_s[0, 300]}" unless ids[target]
      end
    end
  end

  def each_reference(value, &block)
    case value
    when Integer then yield value
    when Array then value.each { |each| each_reference(each, &block) }
    when Hash then value.each { |key, each| each_reference(each, &block) unless NUMBERS.include?(key) }
    end
  end

  def test_gc_and_garbage
    out = ruby(<<~RUBY)
      Dropped = Struct.new(:value)
      GC.disable
      5_000.times { |i| Dropped.new(i) }
      all = HeapDump.dump("all.json", garbage: true)
      GC.enable
      count = GC.count
      rest = HeapDump.dump("rest.json", gc: true)
      p all.gc, rest.gc, all.reachable, rest.reachable, GC.count > count
      # The first gem's second argument.
      [true, false].each { |gc| HeapDump.dump("old.json", gc).then { |old| p old.gc, old.reachable } }
    RUBY
    assert_equal %w[false true false false true true false false false], out.split
    assert_equal [false, true], [all = assert_whole("all.json"), rest = assert_whole("rest.json")]
      .map { |records| records.first["gc"]["collected"] }
    dropped = all.find { |record| record["name"] == "Dropped" }["id"]
    # Garbage is counted in the heap's size, written or not.
    whole = all.count { |record| record["id"].is_a?(Integer) && !record.key?("of") }
    assert_equal whole, all.first["gc"]["live"]
    counts = [all, rest].map { |records| records.count { |record| record["class"] == dropped } }
    assert_operator counts[0], :>=, 5_000
    assert_operator counts[1], :<, 100
  end

  def test_in_place_and_by_fork
    ruby(<<~RUBY)
      Dropped = Struct.new(:value)
      GC.disable
      5_000.times { |i| Dropped.new(i) }
      %i[in_place fork].each { |mode| HeapDump.dump("\#{mode}.json", mode: mode) }
    RUBY
    %w[in_place fork].each do |mode|
      objects = objects_of(assert_whole("#{mode}.json"), reachable: true)
      assert_operator objects.values.count("Dropped"), :<, 100
    end
  end
end
