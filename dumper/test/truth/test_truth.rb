# frozen_string_literal: true

require_relative "../capture/crashes"
require_relative "../capture/capture_helper"
require_relative "dump"
require_relative "dump_all"

# A dump against what Ruby itself says of the same heap, and against what a
# program with known contents holds.
class TestTruth < Minitest::Test
  include TakeHelper
  include Crashes

  # Something of every kind that the standard library has.
  PROGRAM = <<~'RUBY'
    require "objspace"
    require "set"
    require "json"
    require "stringio"
    require "delegate"
    require "weakref"
    require "monitor"
    require "tempfile"
    require "time"

    module Shop
      TAX = "nineteen percent"
      class Order
        DEFAULTS = { kind: "standing" }
        @@count = "class variable text"
        attr_accessor :lines, :note
        def initialize(lines)
          @lines = lines
          @note = "note of an order"
        end
        def total; @lines.sum; end
        private def secret; "secret"; end
        alias sum total
        define_method(:bound) { |more = "default"| [self, more] }
      end
      Item = Struct.new(:name, :price)
      module Loud
        refine(String) { def loud; upcase + "!"; end }
      end
      autoload :Nowhere, "shop/nowhere"
    end

    $orders = Array.new(50) { |i| Shop::Order.new([i, i + 1]) }
    $bus = { Shop::Order => [proc { |order| order }], "text key" => Shop::Item.new("pen", 1.5) }
    $self_defaulting = Hash.new { |hash, key| hash[key] = key.to_s * 2 }
    $self_defaulting[:absent]
    def make_counter(start)
      label = "counter label"
      step = ->(by) { start += by; label }
      step.call(1)
      step
    end
    $counter = make_counter(10)
    $singleton = Object.new
    def $singleton.only_here; "only here"; end
    $extended = Object.new.extend(Comparable)
    $kinds = [
      1.0e300, 2**80, 3r, 2i, :"dynamic #{$$}", /re#{1}gex/, "abc".match(/b/), 1..2, ("a".."z"),
      $counter.method(:call), Shop::Order.instance_method(:total), binding,
      [1, 2].each, (1..3).lazy.map { |x| x }, Enumerator.new { |y| y << "yielded" },
      Mutex.new, Monitor.new, Queue.new, SizedQueue.new(2), ConditionVariable.new, ThreadGroup.new,
      Time.now, Random.new(1), StringIO.new("io text"), Set[1, 2], SimpleDelegator.new("delegated"),
      WeakRef.new($orders), ObjectSpace::WeakMap.new, IO.pipe, Tempfile.new("kinds"),
      "shared text, long enough to be shared by its tail"[7..-1], "\xff broken", "\0 nul", "utf8 \u00e4\u20ac",
      RubyVM::InstructionSequence.compile("1 + 1"), TracePoint.new(:line) {}, ObjectSpace.method(:dump),
      Class.new(Shop::Order), Module.new, Data, Process.clock_gettime(Process::CLOCK_MONOTONIC),
    ] if defined?(Data)
    $kinds ||= [$counter.method(:call), Shop::Order.instance_method(:total), binding, [1, 2].each,
      Enumerator.new { |y| y << "yielded" }, Mutex.new, Monitor.new, Queue.new, SizedQueue.new(2),
      Time.now, StringIO.new("io text"), Set[1, 2], SimpleDelegator.new("delegated"), ObjectSpace::WeakMap.new]
    $external = Enumerator.new { |yielder| in_enumerator = "held by a suspended enumerator"; yielder << in_enumerator; yielder << 2 }
    $external.next
    $fiber = Fiber.new { in_fiber = "held by a suspended fiber"; Fiber.yield(in_fiber); in_fiber }
    $fiber.resume
    class Worker
      def work(queue)
        in_thread = "held by a sleeping thread"
        queue.pop
        in_thread
      end
    end
    $queue = Queue.new
    $worker = Worker.new
    $thread = Thread.new { Thread.current[:fiber_local] = "fiber local text"; Thread.current.thread_variable_set(:variable, "thread variable text"); $worker.work($queue) }
    Thread.pass until $thread.stop?
    ObjectSpace.define_finalizer($singleton, proc {})
    at_exit { "at exit" }
    trap(:USR2) { "trapped" }
    $generic = "has an instance variable".dup
    $generic.instance_variable_set(:@generic, "generic ivar text")
    using Shop::Loud
    "a".loud
  RUBY

  # Dumps twice by each way; the first time warms caches that are part of the
  # heap. Nothing is collected from the second dump_all on.
  COMPARE = <<~'RUBY'
    mode = ARGV.first.to_sym
    io = File.open("dump_all.json", "w")
    2.times do |turn|
      GC.start
      GC.disable if turn == 1
      io.truncate(0)
      io.rewind
      ObjectSpace.dump_all(output: io)
      io.flush
      HeapDump.dump("dump.json", garbage: true, mode: mode)
    end
  RUBY

  %w[clone in_place fork].each do |mode|
    define_method("test_no_object_and_no_edge_is_missing_in_mode_#{mode}") do
      ruby(PROGRAM + COMPARE, mode)
      assert_nothing_missing
    end
  end

  def test_no_object_and_no_edge_is_missing_under_gc_stress
    ruby("#{PROGRAM}GC.stress = true\n#{COMPARE.sub('GC.disable', 'GC.stress = false; GC.disable')}", "clone")
    assert_nothing_missing
  end

  def test_no_object_and_no_edge_is_missing_after_compaction
    compact = "GC.respond_to?(:compact) and begin GC.compact rescue NotImplementedError end\n"
    ruby("#{PROGRAM}#{compact}#{COMPARE}#{compact}", "clone")
    assert_nothing_missing
  end

  def test_no_object_and_no_edge_is_missing_without_a_layout
    ruby(PROGRAM + COMPARE, "clone", env: { "HEAP_DUMP_NO_LAYOUT" => "1" })
    assert_nothing_missing
    header = Dump.new(path).header
    assert_equal %w[globals ivars], header["capabilities"].sort
    assert_equal "none", header["layout"]
    %w[constants frames locals methods thread_names traps].each { |name| assert_includes header["missing"], name }
    assert_match(/HEAP_DUMP_NO_LAYOUT/, header["missing"]["frames"])
  end

  def test_no_object_and_no_edge_is_missing_in_a_second_try_after_a_crash
    crashes(at: "line")
    ruby(PROGRAM + COMPARE, "clone", env: @trap)
    assert_nothing_missing
    assert_equal %w[ivars], Dump.new(path).header["capabilities"]
  end

  def test_no_object_and_no_edge_is_missing_with_yjit
    options = %w[--yjit --yjit-call-threshold=1]
    _, status = Open3.capture2e(RUBY, *options, "-e", "exit RubyVM::YJIT.enabled?")
    return skip("this Ruby was built without YJIT") unless status.success?

    ruby(PROGRAM + COMPARE, "clone", options: options + ["-rheap_dump"])
    assert_nothing_missing
  end

  def test_dump_within_a_signal_handler
    ruby("#{PROGRAM}trap(:USR1) { #{COMPARE} }\nProcess.kill(:USR1, $$); sleep 0.01 until $done || File.exist?('dump.json')", "clone")
    assert_nothing_missing
  end

  def test_dump_at_exit
    ruby("#{PROGRAM}at_exit { #{COMPARE} }", "clone")
    assert_nothing_missing
  end

  def test_all_objects_are_reachable_after_a_collection
    ruby("#{PROGRAM}3.times { GC.start }; HeapDump.dump")
    dump = Dump.new(path)
    reachable = dump.reachable
    lost = dump.objects.keys.reject { |address| reachable[address] }
    # What dump itself made on its way to the walk is garbage by then.
    assert_operator lost.size, :<=, 40, lost.map { |address| dump.describe(address) }.first(60).join("\n")
  end

  def test_end_record_counts_what_is_there
    ruby("#{PROGRAM}HeapDump.dump")
    dump = Dump.new(path)
    assert_equal dump.objects.size, dump.ending["objects"]
  end

  private

  # The running thread's own stack moves on between two dumps: edges of its
  # thread, its fiber, and of what they point at by accident.
  RUNNING = %w[thread fiber].freeze

  def assert_nothing_missing
    dump = Dump.new(path)
    truth = DumpAll.new(path("dump_all.json"))
    refute_empty truth.edges
    missing = truth.edges.keys.reject { |address| dump[address] }
    assert_empty missing.map { |address| "#{address} #{truth.types[address]}" }, "objects missing"

    lost = []
    truth.edges.each do |address, targets|
      (targets - dump.references(address)).each do |target|
        next if target == address || RUNNING.include?(dump[address]["type_name"])

        lost << "#{dump.describe(address)}\n  -> #{dump.describe(target)}"
      end
    end
    assert_empty lost, "#{lost.size} edges missing:\n#{lost.first(20).join("\n")}"
  end
end
