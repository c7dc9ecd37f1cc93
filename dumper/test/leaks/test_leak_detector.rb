# frozen_string_literal: true

require_relative "../capture/capture_helper"

# HeapDump.watch and HeapDump::LeakDetector, without heapq: what is retained and
# what is not. The paths are tested end to end.
class TestLeakDetector < Minitest::Test
  include TakeHelper

  NO_HEAPQ = { "HEAPQ" => "/nonexistent/heapq" }.freeze
  # The detector's own thread finds nothing in time; tests of it change that.
  BEGINNING = <<~RUBY
    HeapDump::LeakDetector.configure { |settings| settings.seconds = 3_600 }
    class Session; end
    def watched(count, type = Session)
      Array.new(count) { HeapDump.watch(type.new, "logged out") }
    end
    def leaks
      HeapDump::LeakDetector.default.check(force: true).map { |leak| [leak.class_name, leak.count, leak.reason] }
    end
  RUBY

  def test_reports_what_should_be_gone
    out = leaks_of("$kept = watched(30); p leaks, leaks")
    assert_equal "[[\"Session\", 30, \"logged out\"]]\n[]\n", out
    assert_match(/\Aheap_dump: pid \d+ LEAK: 30 × Session should have been released \(logged out\) and are still in memory\.\n/, @stderr)
    assert_match(/^   no path: heapq is missing: install heapq in a folder of PATH, or name it with HEAPQ=/, @stderr)
    assert_equal 1, @stderr.scan("LEAK").size
  end

  # The signature of ActiveSupport::ErrorReporter#report in Rails 7.0.
  def test_reports_to_the_error_reporter_of_rails
    out = leaks_of(<<~RUBY)
      module Rails
        Reporter = Class.new do
          def report(error, handled:, severity: :warning, context: {})
            p [error.class, error.message[/\\d+ × Session/], handled, severity, context[:class_name], context[:count]]
          end
        end
        def self.error
          @error ||= Reporter.new
        end
      end
      $kept = watched(30)
      leaks
    RUBY
    assert_equal "[HeapDump::LeakDetector::LeakFound, \"30 × Session\", true, :warning, \"Session\", 30]\n", out
  end

  # The detector must not keep what it watches, nor anything else.
  def test_keeps_nothing_itself
    out = leaks_of(<<~RUBY)
      def run
        5_000.times { HeapDump.watch(Session.new, "logged out") }
        p leaks
        GC.start
        ObjectSpace.each_object(Session).count
      end
      run
      first = [run, ObjectSpace.count_objects[:TOTAL] - ObjectSpace.count_objects[:FREE]]
      20.times { run }
      GC.start
      now = ObjectSpace.count_objects[:TOTAL] - ObjectSpace.count_objects[:FREE]
      p first[0] < 5, now - first[1] < 2_000
    RUBY
    assert_equal ["true\n", "true\n"], out.lines.last(2)
    assert_equal ["[]\n"], out.lines[0..-3].uniq
  end

  def test_as_many_as_threads_and_fibers_are_no_leak
    out = leaks_of(<<~RUBY)
      HeapDump::LeakDetector.configure { |settings| settings.threshold = 1 }
      $stop = Queue.new
      12.times { Thread.new { $stop.pop } }
      $kept = watched(10)
      p leaks
      $kept += watched(40)
      p leaks
    RUBY
    assert_equal "[]\n[[\"Session\", 50, \"logged out\"]]\n", out
  end

  # A pool gives its objects away again, and watches them again.
  def test_objects_in_use_again_are_judged_later
    out = leaks_of(<<~RUBY)
      objects = HeapDump::LeakDetector::WatchedObjects.new
      $pool = Array.new(30) { Session.new }
      $pool.each { |object| objects.add(object, "given back") }
      objects.advance(0, 0, 0)
      $pool.first(10).each { |object| objects.add(object, "given back") }
      objects.advance(10, 2, 0)
      p objects.counts
      objects.advance(20, 4, 0)
      p objects.counts
    RUBY
    assert_equal "{[\"Session\", \"given back\"]=>20}\n{[\"Session\", \"given back\"]=>30}\n", out.gsub(" => ", "=>")
  end

  def test_any_object_can_be_watched
    out = leaks_of(<<~'RUBY')
      class Odd < BasicObject; end
      class Liar
        def class; ::String; end
        def hash; raise("no"); end
        def ==(_other); raise("no"); end
        def self.name; raise("no"); end
      end
      [1, :a, nil, true, 1.5].each { |object| HeapDump.watch(object) }
      $kept = [watched(25, Odd), watched(26, Liar), Array.new(27) { HeapDump.watch("text".dup.freeze) },
               Array.new(28) { HeapDump.watch(Class.new.new) }]
      p leaks.map { |name, count, _| [name, count] }
    RUBY
    assert_equal [["(anonymous class)", 28], ["String", 27], ["Liar", 26], ["Odd", 25]], eval(out) # rubocop:disable Security/Eval
  end

  def test_under_gc_stress_and_compaction
    out = leaks_of(<<~RUBY)
      GC.stress = true
      $kept = watched(21)
      watched(3)
      GC.stress = false
      if GC.respond_to?(:compact)
        begin
          GC.compact
        rescue NotImplementedError
          nil
        end
      end
      p leaks
    RUBY
    # A word on the stack may keep one of the three.
    assert_match(/\A\[\["Session", 2[1-4], "logged out"\]\]$/, out)
  end

  def test_in_forked_processes_threads_and_signal_handlers
    out = leaks_of(<<~RUBY)
      HeapDump.watch(Session.new)
      $kept = Array.new(4) { Thread.new { watched(10) } }.map(&:value)
      trap(:USR1) { $more = watched(10) }
      Process.kill(:USR1, Process.pid)
      Thread.pass until $more
      running = -> { Thread.list.count { |thread| thread.name == "heap_dump leaks" } }
      pid = fork do
        before = running.call
        watched(1)
        p [before, running.call], leaks
      end
      Process.wait(pid)
      p running.call, leaks
    RUBY
    assert_match(/\A\[0, 1\]\n\[\["Session", 5[0-2], "logged out"\]\]\n1\n\[\["Session", 5[0-2], "logged out"\]\]\n\z/, out)
  end

  def test_in_another_ractor_nothing_is_watched
    skip "this Ruby has no Ractor" unless defined?(Ractor)
    out = leaks_of("ractor = Ractor.new { HeapDump.watch(String.new('x')) }; " \
                   "p(ractor.respond_to?(:value) ? ractor.value : ractor.take)")
    assert_equal "\"x\"\n", out
  end

  # In production only the program's own collections count.
  def test_the_thread_collects_in_development_only
    script = <<~RUBY
      HeapDump::LeakDetector.configure { |settings| settings.seconds = 0.1; settings.on_leak = ->(leak) { $leak = leak } }
      $kept = watched(30)
      GC.disable
      majors = GC.stat(:major_gc_count)
      60.times { sleep 0.1 unless $leak } if ARGV[0] == "development"
      sleep 3 if ARGV[0] == "production"
      p $leak&.count, GC.stat(:major_gc_count) > majors
    RUBY
    { "development" => "30\ntrue\n", "production" => "nil\nfalse\n" }.each do |name, expected|
      script = script.sub("60.times", "#{PATIENCE * 10}.times")
      assert_equal expected, leaks_of(script, name, env: { "RACK_ENV" => name }), name
    end
  end

  # In production two major collections of the program's own are enough.
  def test_two_collections_of_the_program_prove_it
    out = leaks_of(<<~RUBY, env: { "RACK_ENV" => "production" })
      HeapDump::LeakDetector.configure { |settings| settings.seconds = 0; settings.on_leak = ->(leak) { $leak = leak } }
      $kept = watched(30)
      #{PATIENCE * 10}.times { GC.start; sleep 0.1 unless $leak }
      p $leak.count
    RUBY
    assert_equal "30\n", out
  end

  def test_ended_threads
    out = leaks_of(<<~RUBY)
      HeapDump::LeakDetector.configure { |settings| settings.threads = true; settings.seconds = 0; settings.interval = 0 }
      $kept = Array.new(40) { Thread.new {}.tap(&:join) }
      HeapDump.watch($kept)
      found = []
      until found.any?
        GC.start
        found = HeapDump::LeakDetector.default.check
      end
      p found.map { |leak| [leak.class_name, leak.count >= 40, leak.reason] }
    RUBY
    assert_equal "[[\"Thread\", true, \"the thread has ended\"]]\n", out
  end

  def test_reports_go_to_file_callback_and_logger
    out = leaks_of(<<~RUBY)
      require "logger"
      HeapDump::LeakDetector.configure do |settings|
        settings.file = "leaks"
        settings.logger = Logger.new("log")
        settings.on_leak = ->(leak) { puts leak.class_name; raise "the callback is broken" }
        settings.ignore << "Known"
      end
      Known = Class.new
      $kept = [watched(30), watched(30, Known)]
      leaks
    RUBY
    assert_equal "Session\n", out
    assert_match(/\A\S+Z pid \d+ LEAK: 30 × Session /, File.read(path("leaks")))
    assert_equal 0o600, File.stat(path("leaks")).mode & 0o777
    assert_match(/WARN .*heap_dump: LEAK: 30 × Session /, File.read(path("log")))
    assert_match(/leak detector: call: the callback is broken \(RuntimeError\)$/, @stderr)
  end

  def test_a_heap_too_large_for_the_disk_is_not_dumped
    leaks_of("$kept = watched(30); leaks", env: { "HEAP_DUMP_LEAKS_DISK" => "1000000" })
    assert_match(/no path: a dump and its index would take about \d+ MB; HEAP_DUMP_LEAKS_DISK allows 1 MB/, @stderr)
  end

  def test_wrong_settings_turn_the_one_line_off_and_say_so
    ruby("puts 1", env: { "HEAP_DUMP_LEAKS_THRESHOLD" => "many" }, options: ["-rheap_dump/watch"])
    assert_match(/\Aheap_dump: the leak detector is off in pid \d+: HEAP_DUMP_LEAKS_THRESHOLD=many is not a number$/, @stderr)
  end

  def test_nothing_is_there_unless_it_is_required
    assert_equal "[nil, false, 1]\n",
                 ruby("p [defined?(HeapDump::LeakDetector), HeapDump.respond_to?(:watch), Thread.list.size]")
  end

  private

  def leaks_of(script, *arguments, env: {})
    ruby(BEGINNING + script, *arguments, env: NO_HEAPQ.merge(env), options: ["-rheap_dump/leak_detector"])
  end
end
