# frozen_string_literal: true

require_relative "capture_helper"

# What can go wrong: always an exception that says what, never a half file,
# and an older dump of the same name stays.
class TestFailures < Minitest::Test
  include TakeHelper

  MODES = %w[clone fork in_place].freeze
  # Only a copy of the process writes to a pipe.
  COPIES = %w[clone fork].freeze
  # Enough for a child to be caught in the middle of its work.
  BIG_HEAP = "$big = Array.new(400_000) { |i| [i.to_s] };"

  def test_no_such_folder
    MODES.each do |mode|
      assert_equal "HeapDump::WriteError: none/a.json: the dump's file cannot be made: No such file or directory",
                   error_of("HeapDump.dump('none/a.json', mode: :#{mode})")
    end
  end

  def test_a_folder_is_no_target
    assert_match(/WriteError: .*Is a directory/, error_of("HeapDump.dump('.')"))
    assert_match(/WriteError: .*Is a directory/, error_of("HeapDump.dump('a/')"))
  end

  def test_full_device
    MODES.each do |mode|
      assert_equal "HeapDump::WriteError: no room for the dump: No space left on device",
                   error_of("HeapDump.dump(File.open('/dev/full', 'w'), mode: :#{mode})")
    end
  end

  def test_full_disk
    File.write(path, "older")
    MODES.each do |mode|
      error = on_small_disk do |disk|
        File.write(File.join(disk, "dump.json"), "older")
        error = error_of("HeapDump.dump(ARGV[0] + '/dump.json', mode: :#{mode})", disk)
        assert_equal ["dump.json"], Dir.children(disk)
        assert_equal "older", File.read(File.join(disk, "dump.json"))
        error
      end
      assert_match(/WriteError: .*no room for the dump: No space left on device/, error)
    end
  end

  def test_file_size_limit
    File.write(path, "older")
    MODES.each do |mode|
      error = error_of("Process.setrlimit(:FSIZE, 50_000); HeapDump.dump(mode: :#{mode})")
      assert_match(/WriteError: .*no room for the dump: File too large/, error)
      assert_no_leftovers ["dump.json"]
      assert_equal "older", File.read(path)
    end
  end

  def test_closed_pipe_even_if_the_program_has_the_default_handler
    COPIES.each do |mode|
      error = error_of("trap(:PIPE, 'SYSTEM_DEFAULT'); r, w = IO.pipe; r.close; HeapDump.dump(w, mode: :#{mode})")
      assert_equal "HeapDump::WriteError: the dump's reader closed the pipe: Broken pipe", error
    end
  end

  def test_descriptor_that_cannot_be_written
    assert_match(/WriteError: the dump cannot be written: Bad file descriptor/,
                 error_of("HeapDump.dump(File.open('/dev/null', 'r'))"))
  end

  def test_timeout_when_nobody_reads
    COPIES.each do |mode|
      error = error_of("$r, w = IO.pipe; HeapDump.dump(w, timeout: 0.2, mode: :#{mode})")
      assert_equal "HeapDump::Timeout: the dump was not written within its timeout", error
    end
  end

  def test_timeout_of_a_file
    %w[clone in_place].each do |mode|
      error = error_of("#{BIG_HEAP} HeapDump.dump(timeout: 0.02, mode: :#{mode})")
      assert_match(/HeapDump::Timeout: dump.json: /, error)
      assert_no_leftovers
    end
  end

  def test_killed_child
    { KILL: 9, TERM: 15 }.each do |signal, number|
      pid, _, out = start(<<~RUBY)
        #{BIG_HEAP}
        puts "ready"
        begin
          HeapDump.dump
          puts "it was too fast"
        rescue HeapDump::ChildDied => e
          puts e.message
        end
        puts Dir.children(".").inspect
      RUBY
      writer = wait_until("a child writes") { writers_of(pid).first }
      Process.kill(signal, writer)
      assert_match(/the dump's process was killed: signal #{number} /, out.gets)
      assert_equal "[]", out.gets.chomp
    end
  end

  def test_crashed_child_has_a_successor
    pid, _, out = start(<<~RUBY)
      #{BIG_HEAP}
      puts "ready"
      puts HeapDump.dump.fallback
    RUBY
    writer = wait_until("a child writes") { writers_of(pid).first }
    Process.kill(:SEGV, writer)
    assert_match(/as the first try crashed: signal 11 /, out.gets)
    assert_no_leftovers ["dump.json"]
  end

  def test_stopped_child_is_ended_after_the_timeout
    pid, _, out = start(<<~RUBY)
      #{BIG_HEAP}
      puts "ready"
      begin
        HeapDump.dump(timeout: 0.3)
      rescue HeapDump::Timeout => e
        puts e.class, Dir.children(".").inspect
      end
    RUBY
    writer = wait_until("a child writes") { writers_of(pid).first }
    Process.kill(:STOP, writer)
    assert_equal "HeapDump::Timeout", out.gets.chomp
    assert_equal "[]", out.gets.chomp
  end

  def test_child_ends_with_its_parent
    pid, = start("#{BIG_HEAP} puts 'ready'; HeapDump.dump")
    wait_until("a child writes") { writers_of(pid).any? }
    Process.kill(:KILL, pid)
    Process.wait(pid)
    wait_until("the file is gone") { Dir.children(@folder).empty? }
  end

  def test_second_dump_is_refused_while_one_is_taken
    out = ruby(<<~RUBY)
      r, w = IO.pipe
      first = Thread.new { HeapDump.dump(w, timeout: 60) }
      r.readpartial(1)
      2.times do
        HeapDump.dump("second.json")
      rescue HeapDump::Busy => e
        puts e.message
      end
      Thread.new { r.read }
      p first.value.class
      p HeapDump.dump("third.json").class
    RUBY
    assert_equal ["another dump is under way in this process"] * 2 + ["HeapDump::Result"] * 2, out.split("\n")
    assert_no_leftovers ["third.json"]
  end

  def test_busy_is_not_inherited_by_a_forked_process
    out = ruby(<<~RUBY)
      r, w = IO.pipe
      first = Thread.new { HeapDump.dump(w) }
      r.readpartial(1)
      child = fork { HeapDump.dump("forked.json") }
      Process.wait(child)
      p $?.success?
      Thread.new { r.read }
      p first.value.class
    RUBY
    assert_equal %w[true HeapDump::Result], out.split("\n")
    assert_whole("forked.json")
  end

  def test_interrupted_by_timeout_kill_and_raise
    out = ruby(<<~RUBY)
      require "timeout"
      def waiting
        r, w = IO.pipe
        yield w, r
      ensure
        puts "writers: \#{Dir.children("/proc").count { |p| File.read("/proc/\#{p}/comm") == "heap_dump\\n" && File.read("/proc/\#{p}/stat").split(")").last.split[1].to_i == $$ rescue false }}"
      end
      waiting do |w|
        Timeout.timeout(0.2) { HeapDump.dump(w) }
      rescue Timeout::Error
        puts "timeout"
      end
      waiting do |w, r|
        thread = Thread.new { HeapDump.dump(w) }
        r.readpartial(1)
        thread.kill.join
        puts "killed"
      end
      waiting do |w, r|
        thread = Thread.new { HeapDump.dump(w) }
        thread.report_on_exception = false
        r.readpartial(1)
        thread.raise(IOError, "enough")
        begin
          thread.value
        rescue IOError => e
          puts e.message
        end
      end
      HeapDump.dump("last.json")
    RUBY
    assert_equal "timeout\nwriters: 0\nkilled\nwriters: 0\nenough\nwriters: 0\n", out
    assert_no_leftovers ["last.json"]
  end

  def test_program_that_exits_ends_the_dump
    ruby("#{BIG_HEAP} Thread.new { HeapDump.dump }; Thread.pass; sleep 0.05; exit")
    assert_empty Dir.children(@folder) - ["dump.json"]
    assert_whole if File.exist?(path) # It was fast.
  end

  private

  # Yields a folder on a file system of 200 kB, or skips.
  def on_small_disk
    disk = path("disk")
    Dir.mkdir(disk) unless File.exist?(disk)
    mounted = system("mount", "-t", "tmpfs", "-o", "size=200k,mode=700", "none", disk, err: File::NULL)
    skip "no file system can be mounted here" unless mounted
    begin
      yield disk
    ensure
      system("umount", disk)
    end
  end
end
