# frozen_string_literal: true

require_relative "capture_helper"

# What a dump leaves behind in programs that are in an odd state.
class TestLeftovers < Minitest::Test
  include TakeHelper

  # The writer's parent becomes another program, which knows nothing of it.
  def test_exec_during_a_dump_leaves_a_child_that_can_be_waited_for
    File.mkfifo(path("fifo"))
    pid, to_child, from_child, = start(<<~RUBY)
      puts "ready"
      target = File.open("fifo", "w")
      Thread.new { HeapDump.dump(target) }
      $stdin.gets
      exec(#{RUBY.dump}, "-e", <<~'OTHER')
        $stdout.sync = true
        puts "replaced"
        begin
          Process.wait(-1)
        rescue Errno::ECHILD
          sleep 0.01
          retry
        end
        puts "reaped"
        sleep
      OTHER
    RUBY
    File.open(path("fifo")) do |reader|
      # It has begun, and waits for the pipe to be read.
      reader.readpartial(1)
      writer = wait_until("there is a writer") { writers_of(pid).first }
      to_child.puts
      assert_equal "replaced", Timeout.timeout(PATIENCE) { from_child.gets&.chomp }
      reader.read
      assert_equal "reaped", Timeout.timeout(PATIENCE) { from_child.gets&.chomp }
      refute File.exist?("/proc/#{writer}")
    end
  end

  def test_closed_stderr_and_verbose
    result = ruby("$stderr.close; p HeapDump.dump(verbose: true).objects > 1000")
    assert_equal "true", result.chomp
    assert_whole
  end

  # Each allocation collects garbage: what waits for the writer must not
  # allocate. Ruby 3.1 never got on.
  def test_a_stressed_collector
    out = ruby("GC.stress = true; result = HeapDump.dump(gc: false); GC.stress = false; p result.objects > 1000")
    assert_equal "true", out.chomp
    assert_whole
  end
end
