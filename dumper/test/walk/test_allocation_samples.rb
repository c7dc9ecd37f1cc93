# frozen_string_literal: true

require_relative "../capture/capture_helper"

# Where live objects were allocated, by samples.
class TestAllocationSamples < Minitest::Test
  include TakeHelper

  # `work` allocates until so many bursts are over; each needs a collection.
  PROGRAM = <<~'RUBY'
    require "heap_dump/sample_allocations"
    class Session
      def initialize(number)
        @name = "session #{number} " * 10
      end
    end
    class Cart
      def self.fill(count)
        Array.new(count) { |i| Session.new(i) }
      end
    end
    def work(seconds)
      till = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
      while Process.clock_gettime(Process::CLOCK_MONOTONIC) < till
        $kept.concat(Cart.fill(50))
        2_000.times { |i| "garbage #{i}" }
        GC.start if rand(20).zero?
      end
    end
    $kept = []
  RUBY
  NAME_LINE = PROGRAM.lines.index { |line| line.include?("@name =") } + 1

  def test_samples_say_where_live_objects_were_allocated
    File.write(path("shop.rb"), PROGRAM)
    kept = ruby(<<~RUBY).to_i
      load "shop.rb"
      HeapDump.sample_allocations(interval: 0.01)
      work(2)
      p $kept.size
      HeapDump.dump
    RUBY
    samples, classes = samples_and_classes
    assert_operator samples["bursts"], :>, 3
    names = samples["sites"].select { |site, *| site.fetch(0).end_with?("shop.rb") && site[1] == NAME_LINE }
    refute_empty names
    assert_equal ["Session#initialize"], names.map { |site, *| site[2] }.uniq
    assert_equal %w[String], names.map { |_, address, _| classes.fetch(address) }.uniq
    # Samples are few and chance is large: the right order of magnitude.
    assert_includes (kept / 4..kept * 4), names.sum { |_, _, weight| weight }
    assert_empty(samples["sites"].select { |_, address, _| !classes.key?(address) })
    assert_empty(samples["stacks_of_names"].reject { |stack| stack.any? { |_, _, method| method == "Cart.fill" } })
  end

  def test_samples_keep_nothing_alive
    File.write(path("shop.rb"), PROGRAM)
    made, alive = ruby(<<~RUBY).split.map(&:to_i)
      load "shop.rb"
      HeapDump.sample_allocations(interval: 0.01) { work(1) }
      made = $kept.size
      $kept.clear
      GC.start
      HeapDump.dump
      puts made, ObjectSpace.each_object(Session).count
    RUBY
    # A stale word on the stack may keep the last array.
    assert_operator alive, :<=, 100
    assert_operator made, :>, 1_000
    samples, = samples_and_classes
    assert_operator samples["bursts"], :>, 3
    assert_operator(samples["sites"].count { |site, *| site[1] == NAME_LINE }, :<, 10)
  end

  def test_without_sampling_there_is_no_record
    ruby("require 'heap_dump/sample_allocations'; p HeapDump.sampling_allocations?; HeapDump.dump")
    refute(records.any? { |record| record["id"] == "_SAMPLES_" })
  end

  def test_ends_and_begins_again
    out = ruby(<<~RUBY)
      require "heap_dump/sample_allocations"
      HeapDump.sample_allocations
      answers = [HeapDump.sampling_allocations?]
      HeapDump.stop_sampling_allocations
      answers << HeapDump.sampling_allocations?
      answers << HeapDump.sample_allocations { HeapDump.sampling_allocations? }
      answers << HeapDump.sampling_allocations?
      begin
        HeapDump.sample_allocations(interval: 0)
      rescue ArgumentError => e
        answers << e.message
      end
      p answers
    RUBY
    assert_equal "[true, false, true, false, \"interval: 0 is not a number of seconds above 0\"]\n", out
  end

  def test_the_hook_samples_if_it_is_asked_to
    out = ruby("p HeapDump.respond_to?(:sample_allocations) && HeapDump.sampling_allocations?",
               options: ["-rheap_dump/hook"], env: { "HEAP_DUMP_SAMPLE" => "1" })
    assert_equal "true\n", out
    out = ruby("p HeapDump.respond_to?(:sample_allocations)", options: ["-rheap_dump/hook"])
    assert_equal "false\n", out
  end

  def test_goes_on_in_a_forked_process
    skip "before Ruby 3.1 a forked process does not hear of the fork" unless Process.respond_to?(:_fork)
    File.write(path("shop.rb"), PROGRAM)
    ruby(<<~RUBY)
      load "shop.rb"
      HeapDump.sample_allocations(interval: 0.01)
      pid = fork do
        work(1)
        HeapDump.dump
        exit!(0)
      end
      Process.wait(pid)
      exit!($?.exitstatus)
    RUBY
    samples, = samples_and_classes
    assert_operator samples["bursts"], :>, 1
    assert(samples["sites"].any? { |site, *| site[1] == NAME_LINE })
  end

  # Names and paths of code that was read are shown; those of code made from a
  # text may be data.
  def test_redaction
    File.write(path("shop.rb"), PROGRAM)
    ruby(<<~RUBY)
      load "shop.rb"
      HeapDump.sample_allocations(interval: 0.01)
      eval("def of_#{'4111111111111111'} = Array.new(50) { 'made' + 'here' }", nil, "/of/4111111111111111.rb")
      20.times { work(0.05); $kept << of_4111111111111111 }
      HeapDump.dump(strings: :none)
    RUBY
    samples, = samples_and_classes
    assert(samples["sites"].any? { |site, *| site[1] == NAME_LINE && site[0].end_with?("shop.rb") })
    refute_includes JSON.generate(samples), "/of/4111111111111111.rb"
  end

  # Collections in the middle of everything, objects that move, and threads and
  # Ractors that come and go must not crash the sampler.
  def test_rough_treatment
    out = ruby(<<~RUBY)
      require "heap_dump/sample_allocations"
      HeapDump.sample_allocations(interval: 0.001)
      kept = []
      4.times do |n|
        threads = Array.new(3) { Thread.new { 2_000.times { |i| kept << "\#{n} \#{i}" if (i % 7).zero? } } }
        threads.each(&:join)
        GC.stress = true
        20.times { |i| kept << "stressed \#{i}" }
        GC.stress = false
        GC.compact if GC.respond_to?(:compact) && n.odd?
        Fiber.new { 500.times { |i| kept << i.to_s } }.resume
        HeapDump.dump if n == 2
      end
      if defined?(Ractor)
        ractors = Array.new(2) { Ractor.new { 3_000.times.map { |i| i.to_s }.size } }
        ractors.each { |one| one.respond_to?(:value) ? one.value : one.take }
      end
      HeapDump.dump
      puts kept.uniq.size == kept.size || kept.size
    RUBY
    refute_empty out
    samples_and_classes
  end

  private

  # The samples with their sites written out, and the class of each sampled
  # object by its address.
  def samples_and_classes
    all = records
    samples = all.find { |record| record["id"] == "_SAMPLES_" }
    refute_nil samples, "the dump has no samples"
    by_address = all.to_h { |record| [record["id"], record] }
    stacks = samples["stacks"].map { |stack| stack.map { |frame| samples["frames"].fetch(frame) } }
    samples["sites"] = samples["objects"].map { |address, stack, weight, _| [stacks.fetch(stack).first, address, weight] }
    samples["stacks_of_names"] = stacks.select { |stack| stack.first[2] == "Session#initialize" }
    classes = samples["objects"].filter_map do |address, *|
      record = by_address[address]
      [address, by_address[record["class"]]["name"]] if record
    end
    [samples, classes.to_h]
  end
end
