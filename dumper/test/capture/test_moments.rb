# frozen_string_literal: true

require_relative "capture_helper"

# Dumps from wherever a program may ask for one.
class TestMoments < Minitest::Test
  include TakeHelper

  def test_under_gc_stress
    ruby("GC.stress = true; HeapDump.dump; GC.stress = false")
    assert_whole
  end

  def test_in_the_middle_of_incremental_and_lazy_collections
    ruby(<<~RUBY)
      GC.disable
      keep = Array.new(20_000) { |i| i.to_s }
      GC.enable
      6.times do |i|
        GC.start(immediate_mark: false, immediate_sweep: false)
        (i * 37).times { Object.new }
        HeapDump.dump("\#{i}.json", gc: false)
      end
    RUBY
    6.times { |i| assert_whole("#{i}.json") }
  end

  def test_with_automatic_compaction
    ruby(<<~RUBY)
      GC.auto_compact = true if GC.respond_to?(:auto_compact=)
      3.times { |i| Array.new(10_000) { Object.new }; HeapDump.dump("\#{i}.json") }
    RUBY
    3.times { |i| assert_whole("#{i}.json") }
  end

  def test_in_a_signal_handler
    ruby(<<~RUBY)
      done = false
      trap(:USR1) { HeapDump.dump; done = true }
      Process.kill(:USR1, $$)
      sleep 0.01 until done
    RUBY
    assert_whole
  end

  def test_in_at_exit
    ruby("at_exit { HeapDump.dump }")
    assert_whole
  end

  def test_in_a_finalizer
    ruby(<<~RUBY)
      ObjectSpace.define_finalizer(Object.new, proc { HeapDump.dump("a.json", gc: false) unless File.exist?("a.json") })
    RUBY
    assert_whole("a.json")
  end

  def test_in_threads_fibers_and_enumerators
    ruby(<<~RUBY)
      Thread.new { HeapDump.dump("thread.json") }.join
      Fiber.new { HeapDump.dump("fiber.json") }.resume
      Enumerator.new { |y| HeapDump.dump("enumerator.json"); y << 1 }.next
    RUBY
    %w[thread fiber enumerator].each { |name| assert_whole("#{name}.json") }
  end

  def test_in_forked_workers
    ruby(<<~RUBY)
      HeapDump.dump("master.json")
      workers = Array.new(3) { |i| fork { Thread.new { HeapDump.dump("\#{i}.json") }.join } }
      workers.each { |pid| Process.wait(pid); exit!(1) unless $?.success? }
    RUBY
    pids = (%w[master] + (0..2).to_a).map { |name| assert_whole("#{name}.json").first["pid"] }
    assert_equal 4, pids.uniq.size
  end

  def test_many_threads_that_allocate
    ruby(<<~RUBY)
      3.times { Thread.new { loop { Array.new(100) { |i| "\#{i}" * 50 } } } }
      require "zlib"
      2.times { Thread.new { loop { Zlib::Deflate.deflate("abc" * 100_000) } } } # malloc without the GVL
      3.times { |i| HeapDump.dump("\#{i}.json", timeout: 60) }
    RUBY
    3.times { |i| assert_whole("#{i}.json") }
  end

  # Containers may forbid a process to read even its own memory that way.
  def test_where_process_vm_readv_is_refused
    skip "the filter is for x86-64" unless RUBY_PLATFORM.start_with?("x86_64")
    out = ruby(<<~'RUBY', options: [])
      require "fiddle"
      libc = Fiddle.dlopen(nil)
      long = Fiddle::TYPE_LONG
      prctl = Fiddle::Function.new(libc["prctl"], [Fiddle::TYPE_INT] + [long] * 4, Fiddle::TYPE_INT)
      # Loads the number of the call; if it is 310, gives EPERM, else allows it.
      filter = [[0x20, 0, 0, 0], [0x15, 0, 1, 310], [0x06, 0, 0, 0x00050001], [0x06, 0, 0, 0x7fff0000]]
      code = filter.map { |each| each.pack("SCCL") }.join
      program = [filter.size, code].pack("Sx6p")
      abort "no filter" unless prctl.call(38, 1, 0, 0, 0).zero? &&
                               prctl.call(22, 2, Fiddle::Pointer[program].to_i, 0, 0).zero?
      readv = Fiddle::Function.new(libc["process_vm_readv"], [long] * 6, long)
      print readv.call(Process.pid, 0, 0, 0, 0, 0)
      require "heap_dump"
      $kept = Object.new
      ObjectSpace.define_finalizer($kept, proc {})
      HeapDump.dump("a.json")
    RUBY
    assert_equal "-1", out, "the filter has to refuse the call"
    header, roots = assert_whole("a.json").first(2)
    assert_equal({}, header["missing"])
    assert_includes roots["globals"].map(&:first), "$kept"
    refute_empty roots["finalizers"]
  end

  def test_in_another_ractor
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    ruby(<<~RUBY)
      ractor = Ractor.new { HeapDump.dump("a.json"); 1 }
      ractor.respond_to?(:value) ? ractor.value : ractor.take
    RUBY
    assert_whole("a.json")
  end

  def test_several_ractors
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    out = ruby(<<~RUBY)
      Array.new(3) { Ractor.new { loop { Array.new(50) { |i| i.to_s } } } }
      sleep 0.1
      2.times { |i| HeapDump.dump("\#{i}.json") }
      GC.disable
      HeapDump.dump("disabled.json")
      p GC.enable, GC.stress
      begin
        HeapDump.dump("refused.json", mode: :in_place)
      rescue HeapDump::Refused => e
        puts e.message
      end
    RUBY
    2.times { |i| assert_whole("#{i}.json") }
    assert_whole("disabled.json")
    assert_match(/\Atrue\nfalse\n.*several Ractors are running/, out)
    refute_path_exists path("refused.json")
  end

  # Each of them collects as it comes up, on a stack that is not yet one.
  def test_ractors_that_start_and_end
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    ruby(<<~'RUBY')
      Ractor.new { loop { Array.new(4) { Ractor.new { 1 } }.each { |each| each.respond_to?(:value) ? each.value : each.take } } }
      40.times { |i| HeapDump.dump("#{i % 4}.json", gc: i.even?) }
      exit!(0)
    RUBY
    4.times { |i| assert_whole("#{i}.json") }
  end

  # A signal that came before the copy was made is the program's alone.
  def test_signals_with_several_ractors
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    out = ruby(<<~'RUBY')
      $stdout.sync = true
      Ractor.new { loop { Array.new(50) { |i| i.to_s } } }
      # In one write, so that no two of them mix.
      Signal.trap(:USR1) { $stdout.write("signal #{Process.pid}\n") }
      sender = spawn(RbConfig.ruby, "-e", "loop { Process.kill(:USR1, #{Process.pid}); sleep 0.002 }")
      8.times { |i| HeapDump.dump("#{i % 4}.json", gc: false) }
      Process.kill(:KILL, sender)
      Process.wait(sender)
      puts "own #{Process.pid}"
      exit!(0)
    RUBY
    4.times { |i| assert_whole("#{i}.json") }
    assert_equal %w[own signal], out.lines.map { |line| line.split.first }.uniq.sort
    assert_equal 1, out.lines.map { |line| line.split.last }.uniq.size
  end
end
