# frozen_string_literal: true

require_relative "faulty_calls"
require_relative "capture_helper"

# A disk that does not answer holds a call, signals or not. The caller has its
# answer all the same, and what hung tidies up once the disk answers.
class TestHangs < Minitest::Test
  include TakeHelper
  include FaultyCalls

  # They wait for their timeouts, and each has a program of its own.
  parallelize_me!

  # Each with a timeout in which a busy machine comes to it.
  CALLS = { "openat" => 1, "fstatat" => 1, "write" => 1, "fsync" => 8 }.freeze

  CALLS.each_key do |call|
    define_method("test_copy_hangs_in_#{call}") do
      message = hang(call, "clone")
      assert_match(/its process \d+ has not ended; a thread waits for it/, message)
    end

    define_method("test_in_place_hangs_in_#{call}") do
      message = hang(call, "in_place")
      assert_match(/a thread still waits for the disk/, message)
    end
  end

  # The answer to an interrupt does not wait for the disk either.
  def test_interrupt_while_the_copy_hangs
    pid, _, out = hanging("fsync", <<~RUBY)
      require "timeout"
      begin
        Timeout.timeout(8) { HeapDump.dump("target/dump.json") }
      rescue Timeout::Error => e
        puts e.class
      end
    RUBY
    assert_equal "Timeout::Error", out.gets.chomp
    assert_tidied(pid)
  end

  # The program may end first.
  def test_program_that_ends_while_the_copy_hangs
    pid, _, out = hanging("write", "begin; HeapDump.dump('target/dump.json', timeout: 0.5); " \
                                   "rescue HeapDump::Timeout; puts 'late'; exit; end")
    assert_equal "late", out.gets.chomp
    Timeout.timeout(PATIENCE) { Process.wait(pid) }
    File.write(path("answer"), "")
    wait_until("the copy has removed its file") { Dir.children(path("target")) == ["dump.json"] }
    assert_equal "older", File.read(path("target/dump.json"))
  end

  private

  # The message of HeapDump::Timeout.
  def hang(call, mode)
    pid, input, out = hanging(call, <<~RUBY, mode, CALLS.fetch(call))
      begin
        HeapDump.dump("target/dump.json", mode: ARGV[0].to_sym, timeout: Integer(ARGV[1]))
      rescue HeapDump::Timeout => e
        puts e.message
      end
      trap(:CHLD) { $stdout.write("met by the program\\n") }
      $stdin.gets
      puts (Process.wait(-1) rescue $!.class)
    RUBY
    message = Timeout.timeout(PATIENCE) { out.gets }
    assert_tidied(pid)
    input.puts
    assert_equal "Errno::ECHILD", Timeout.timeout(PATIENCE) { out.gets }.chomp
    message
  end

  # A program that dumps and goes on, for which `call` hangs.
  def hanging(call, dump, *arguments)
    Dir.mkdir(path("target"))
    File.write(path("target/dump.json"), "older")
    start("puts 'ready'\n#{dump}\nsleep", *arguments,
          env: { "LD_PRELOAD" => faulty_calls, "HANG_AT" => call, "HANG_UNTIL" => path("answer") })
  end

  def assert_tidied(pid)
    File.write(path("answer"), "")
    wait_until("the writer is gone") { writers_of(pid).empty? }
    wait_until("its file is gone") { Dir.children(path("target")) == ["dump.json"] }
    assert_equal "older", File.read(path("target/dump.json"))
    Process.kill(0, pid)
  end
end
