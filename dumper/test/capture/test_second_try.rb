# frozen_string_literal: true

require_relative "crashes"
require_relative "capture_helper"

# A child that crashes over Ruby's insides is followed by one that leaves them
# alone; nothing else is tried twice.
class TestSecondTry < Minitest::Test
  include TakeHelper
  include Crashes

  FALLBACK = /\Awithout Ruby's layout, as the first try crashed: signal (\d+) \(/.freeze
  RESULT = "r = HeapDump.dump(*ARGV[0, 1], mode: (ARGV[1] || :clone).to_sym, verbose: true); p r.mode, r.fallback"

  %w[SEGV BUS ILL FPE ABRT].each do |signal|
    define_method("test_#{signal.downcase}_where_the_layout_is_used") do
      crashes(at: "line", signal: signal)
      out = ruby(RESULT, "dump.json", env: @trap)
      assert_second_try(Signal.list.fetch(signal), assert_whole.first)
      assert_equal ":clone", out.lines.first.chomp
      assert_match(FALLBACK, out.lines.last[1..-1])
      assert_match(/mode clone, .*, without Ruby's layout, as the first try crashed: signal/, @stderr)
      assert_tries 1
      assert_empty Dir.children(@folder) - %w[dump.json trap.c trap.so tries]
    end
  end

  def test_crash_that_gets_past_the_childs_handler
    crashes(at: "line", signal: "SEGV", env: { "CRASH_UNHANDLED" => "1" })
    ruby(RESULT, "dump.json", env: @trap)
    assert_second_try(11, assert_whole.first)
    assert_tries 1
    assert_empty Dir.children(@folder).grep(/tmp\z/)
  end

  def test_in_mode_fork
    crashes(at: "line")
    assert_match(/\A:fork\n"without/, ruby(RESULT, "dump.json", "fork", env: @trap))
    assert_second_try(11, assert_whole.first)
  end

  def test_with_several_ractors
    skip "this Ruby has no Ractors" unless defined?(Ractor)

    crashes(at: "line")
    ruby("Ractor.new { sleep }\n#{RESULT}", "dump.json", env: @trap)
    assert_second_try(11, assert_whole.first)
  end

  # Each dump tries anew: another moment may go well.
  def test_the_program_itself_keeps_its_layout
    crashes(at: "line", env: { "CRASH_TIMES" => "1" })
    ruby("2.times { |i| HeapDump.dump(\"\#{i}.json\") }", env: @trap)
    assert_second_try(11, assert_whole("0.json").first)
    header = assert_whole("1.json").first
    refute header.key?("fallback")
    assert_includes header["capabilities"], "frames"
  end

  def test_hook_tells_of_it
    crashes(at: "line")
    pid, _, _, err = start("puts 'ready'; sleep", options: ["-rheap_dump/hook"],
                                                  env: @trap.merge("HEAP_DUMP_DIR" => path("dumps")))
    Process.kill(:USR2, pid)
    assert_match(/wrote .*, without Ruby's layout, as the first try crashed: signal 11/,
                 Timeout.timeout(PATIENCE) { err.gets })
  end

  def test_there_is_no_third_try
    crashes(at: "size")
    File.write(path("dump.json"), "older")
    assert_match(/ChildDied: dump.json: the dump's process crashed .*: signal 11/,
                 error_of("HeapDump.dump", env: @trap))
    assert_tries 2
    assert_equal "older", File.read(path("dump.json"))
    assert_empty Dir.children(@folder).grep(/tmp\z/)
  end

  def test_io_that_nothing_was_written_to
    crashes(at: "size", env: { "CRASH_TIMES" => "1" })
    ruby("r, w = IO.pipe; t = Thread.new { r.read }; HeapDump.dump(w); w.close; IO.binwrite('dump.json', t.value)",
         env: @trap)
    assert_second_try(11, assert_whole.first)
    crashes(at: "size")
    assert_match(/ChildDied: .*signal 11/, error_of("r, w = IO.pipe; HeapDump.dump(w)", env: @trap))
    assert_tries 2
  end

  # The walk asks each object for its size once before it writes, and again when it
  # writes the object: the crash comes when half of them are written.
  def test_io_that_something_was_written_to
    objects, garbage = ruby(<<~RUBY).split.map(&:to_i)
      result = HeapDump.dump("dump.json")
      puts result.objects, File.open("dump.json", &:gets)[/"garbage":{"count":(\\d+)/, 1].to_i
    RUBY
    crashes(at: "size", env: { "CRASH_AFTER" => (objects + garbage + (objects / 2)).to_s })
    out = ruby(<<~RUBY, env: @trap)
      r, w = IO.pipe
      text = Thread.new { r.read }
      begin
        HeapDump.dump(w)
      rescue HeapDump::ChildDied => e
        puts e.message
      end
      w.close
      p text.value.scan(/"_HEADER_"/).size
    RUBY
    assert_match(/\Athe dump's process crashed while it read the heap: signal 11 .*\n1\n\z/, out)
    assert_tries 1
  end

  # The lock belonged to a thread that the copy does not have, so nothing frees it.
  def test_copy_that_waits_for_a_lock
    skip "/proc does not show a child's system calls" unless system_calls_shown?
    crashes(at: "size", env: { "CRASH_LOCKS" => "1", "CRASH_TIMES" => "1" })
    out = ruby("r = HeapDump.dump('dump.json', timeout: nil); p r.fallback, (Process.wait rescue $!.class)", env: @trap)
    fallback = "at the second try, as the first one waited for a lock"
    assert_equal [fallback.inspect, "Errno::ECHILD"], out.lines.map(&:chomp)
    header = assert_whole.first
    assert_equal fallback, header["fallback"]
    assert_includes header["capabilities"], "frames"
  end

  def test_copies_that_wait_for_a_lock
    skip "/proc does not show a child's system calls" unless system_calls_shown?
    crashes(at: "size", env: { "CRASH_LOCKS" => "1" })
    File.write(path("dump.json"), "older")
    assert_match(/ChildDied: dump.json: the dump's process waited for a lock/,
                 error_of("HeapDump.dump(timeout: nil)", env: @trap))
    assert_tries 2
    assert_equal "older", File.read(path("dump.json"))
    assert_empty Dir.children(@folder).grep(/tmp\z/)
  end

  # Of three seconds the first child uses two.
  def test_the_second_try_has_what_is_left_of_the_time
    crashes(at: "size", env: { "CRASH_SECONDS" => "2" })
    assert_match(/HeapDump::Timeout/, error_of("HeapDump.dump(timeout: 3)", env: @trap))
  end

  private

  # A kernel or a security policy may hide them.
  def system_calls_shown?
    child = spawn("sleep 60")
    File.read("/proc/#{child}/syscall")
    true
  rescue SystemCallError
    false
  ensure
    Process.kill(:KILL, child)
    Process.wait(child)
  end

  def tries
    File.size(path("tries"))
  end

  def assert_tries(count)
    assert_equal count, tries, "children that crashed"
  end

  def assert_second_try(signal, header)
    assert_match FALLBACK, header["fallback"]
    assert_equal signal, header["fallback"][FALLBACK, 1].to_i
    assert_equal %w[ivars], header["capabilities"]
    assert_equal ["left out, as the first try crashed"], header["missing"].values.uniq
    assert_includes header["missing"].keys, "frames"
  end
end
