# frozen_string_literal: true

require_relative "refused_processes"
require_relative "capture_helper"

# The gdb commands, on programs that never loaded the gem. HEAP_DUMP_GDB_TRIES
# says how often each kind of program is attached to (default 2).
class TestGdb < Minitest::Test
  include TakeHelper
  include RefusedProcesses

  SCRIPT = File.expand_path("../../gdb/heap_dump.py", __dir__)
  LIBRARY = Dir[File.join(LIB, "heap_dump", "heap_dump.{so,bundle}")].first
  TRIES = Integer(ENV.fetch("HEAP_DUMP_GDB_TRIES", "2"))

  PROGRAMS = {
    asleep: "puts 'ready'; sleep",
    in_io: "r, $w = IO.pipe; Thread.new { r.read }; puts 'ready'; $stdin.read; sleep",
    busy: "4.times { Thread.new { loop { Array.new(50) { |i| i.to_s }; { a: [1] } } } }; puts 'ready'; " \
          "loop { Array.new(50) { |i| i.to_s * 30 } }",
    collecting: "$keep = Array.new(30_000) { Object.new }; puts 'ready'; loop { GC.start }",
    waiting_for_threads: "t = Array.new(5) { Thread.new { Queue.new.pop } }; " \
                         "Thread.new { loop { sleep 0.001 } }; puts 'ready'; t.each(&:join)"
  }.freeze

  def setup
    super
    skip "gdb is not installed" unless system("gdb", "--version", out: File::NULL, err: File::NULL)
    skip "gdb may not attach here" unless may_attach?
  end

  PROGRAMS.each do |name, script|
    define_method("test_dump_of_a_program_#{name}") do
      pid, = start(ALIVE + script, options: [])
      TRIES.times do |i|
        output = gdb(pid, "heap-dump #{path("#{i}.json")}")
        assert_match(/^heap_dump: process #{pid} wrote \d+ objects to /, output)
        header = assert_whole("#{i}.json").first
        assert_equal [pid, "clone"], header.values_at("pid", "mode")
        assert_goes_on(pid)
      end
      assert_empty Dir.children(@folder).grep(/tmp/)
    end
  end

  def test_dump_of_a_program_that_has_the_gem
    pid, = start("HeapDump.dump('before.json'); #{ALIVE} puts 'ready'; sleep")
    gdb(pid, "heap-dump #{path('gdb.json.gz')}")
    text, = Open3.capture2("gzip", "-dc", stdin_data: File.binread(path("gdb.json.gz")), binmode: true)
    assert_whole(text: text.force_encoding("UTF-8"))
    assert_goes_on(pid)
  end

  def test_failure_is_explained
    pid, = start("#{ALIVE} puts 'ready'; sleep", options: [])
    assert_match(/heap_dump: no dump: the dump's file cannot be made \(No such file or directory\)/,
                 gdb(pid, "heap-dump /none/such/dump.json"))
    assert_match(/heap_dump: no dump: the path is a device; /, gdb(pid, "heap-dump /dev/full"))
    File.mkfifo(path("fifo"))
    assert_match(/heap_dump: no dump: the path is a FIFO, /, gdb(pid, "heap-dump #{path('fifo')}"))
    assert_match(/the process cannot load the library: .*No such file/,
                 gdb(start("#{ALIVE} puts 'ready'; sleep", options: []).first, "heap-dump x", library: "/none.so"))
    assert_goes_on(pid)
  end

  def test_fork_stands_in_for_a_refused_clone_if_it_may
    skip "only x86-64 has a fork apart from clone" if refuse(:clone).nil?
    pid, = start("#{refuse(:clone)}#{ALIVE} puts 'ready'; sleep", options: [])
    dump = "heap-dump #{path('a.json')}"
    assert_match(/heap_dump: no dump: the system refused a process for the dump; .*\(Operation not permitted\)/, gdb(pid, dump))
    refute_path_exists path("a.json")
    assert_match(/heap-dump-fallback is in_place; it can be raise or fork/, gdb(pid, dump, "set heap-dump-fallback in_place"))
    assert_match(/^heap_dump: process #{pid} wrote \d+ objects/, gdb(pid, dump, "set heap-dump-fallback fork"))
    header = assert_whole("a.json").first
    assert_equal "fork", header["mode"]
    assert_match(/\Aby fork, as the system refused clone: /, header["fallback"])
    assert_goes_on(pid)
  end

  def test_several_ractors_are_stopped_for_it
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    pid, = start("#{ALIVE} 2.times { Ractor.new { loop { Array.new(50) { |i| i.to_s } } } }; puts 'ready'; " \
                 "loop { sleep 0.01 }", options: [])
    TRIES.times do |i|
      assert_match(/^heap_dump: process #{pid} wrote \d+ objects to /, gdb(pid, "heap-dump #{path("#{i}.json")}"))
      assert_whole("#{i}.json")
      assert_goes_on(pid)
    end
  end

  def test_count
    classes = "module Shop; class Cart; end; class Item; end; end; "
    pid, = start("#{classes} $carts = Array.new(7) { Shop::Cart.new }; $items = Array.new(3) { Shop::Item.new }; " \
                 "#{ALIVE} puts 'ready'; sleep", options: [])
    counts = JSON.parse(gdb(pid, "heap-count Shop")[/^\{.*\}/m])
    assert_equal({ "Shop::Cart" => 7, "Shop::Item" => 3 }, counts["user_types"])
    assert_operator counts["basic_types"]["T_STRING"], :>, 100
    assert_goes_on(pid)
  end

  def test_strings_can_stay_out
    pid, = start("$secret = %w[top secret].join; $number = 4711 * 10**9; #{ALIVE} puts 'ready'; sleep", options: [])
    { "hash" => ["strings=hash"], "none" => ["strings=none"], "full" => [] }.each do |mode, option|
      assert_match(/ wrote \d+ objects to #{path("#{mode}.json")}$/,
                   gdb(pid, ["heap-dump", path("#{mode}.json"), *option].join(" ")))
      assert_equal mode, assert_whole("#{mode}.json").first["strings"]
      dump = File.read(path("#{mode}.json"))
      assert_equal [mode == "full"] * 2, [dump.include?("topsecret"), dump.include?("4711000000000")]
      assert_equal mode == "hash", dump.match?(/\(Integer \h{16}\)/)
    end
    assert_match(/ wrote /, gdb(pid, "heap-dump #{path('set.json')}", "set heap-dump-strings none"))
    assert_equal "none", assert_whole("set.json").first["strings"]
    assert_match(/heap_dump: strings=some is none of full, truncate, none, hash$/,
                 gdb(pid, "heap-dump #{path('x.json')} strings=some"))
    assert_match(/heap_dump: there is no option string=/, gdb(pid, "heap-dump #{path('x.json')} string=none"))
    assert_empty Dir.children(@folder).grep(/\Ax/)
    assert_goes_on(pid)
  end

  def test_count_with_several_ractors_is_refused
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    pid, = start("#{ALIVE} 2.times { Ractor.new { loop { Array.new(50) { |i| i.to_s } } } }; puts 'ready'; " \
                 "loop { sleep 0.01 }", options: [])
    assert_match(/^heap_dump: no count: .*Ractors.*; heap-dump can do with them$/, gdb(pid, "heap-count String"))
    assert_goes_on(pid)
  end

  # A call that hangs first lets the process run on, and is given up then; the
  # process never sees what ended it.
  def test_no_call_keeps_the_process_for_long
    pid, = start("trap(:CONT) { File.write('continued', '') }; #{ALIVE} puts 'ready'; sleep", options: [])
    output = gdb(pid, %q(python print("gave up: %s" % process_call_for_ever())), <<~PYTHON.strip)
      python exec("def process_call_for_ever():\\n  try:\\n    apply_settings(); call('pause')\\n  except gdb.GdbError as error:\\n    return error")
    PYTHON
    assert_match(/^gave up: heap_dump: given up: pause does not return$/, output)
    assert_goes_on(pid)
    refute_path_exists path("continued")
    assert_match(/ wrote /, gdb(pid, "heap-dump #{path('after.json')}"))
  end

  # One that only takes long goes on while the rest of the process runs.
  def test_a_slow_call_is_not_cut_off
    pid, = start("#{ALIVE} puts 'ready'; sleep", options: [])
    output = gdb(pid, %q(python print("slow: %s" % process_call_slowly())), <<~PYTHON.strip)
      python exec("def process_call_slowly():\\n  try:\\n    apply_settings(); call('usleep', '3000000')\\n  except NotNow as error:\\n    return error")
    PYTHON
    assert_match(/^slow: usleep took longer than 2 s$/, output)
    assert_goes_on(pid)
    assert_match(/ wrote /, gdb(pid, "heap-dump #{path('after.json')}"))
  end

  # An alarm that is lifted late may signal in a later call.
  def test_the_signal_of_an_earlier_alarm_does_no_harm
    pid, = start("#{ALIVE} puts 'ready'; sleep", options: [])
    output = gdb(pid, %q(python print("interrupted: %s" % process_call_signaled())), <<~PYTHON.strip)
      python exec("def process_call_signaled():\\n  try:\\n    apply_settings(); os.system('(sleep 0.3; kill -CONT #{pid}) &'); call('usleep', '1000000')\\n  except NotNow as error:\\n    return error")
    PYTHON
    assert_match(/^interrupted: usleep was interrupted$/, output)
    assert_goes_on(pid)
    signals = Thread.new { 10.times { Process.kill(:CONT, pid); sleep 0.2 } }
    assert_match(/ wrote /, gdb(pid, "heap-dump #{path('after.json')}"))
    assert_goes_on(pid)
  ensure
    signals&.kill
  end

  # Answers SIGUSR1 as long as Ruby code can be run.
  ALIVE = "trap(:USR1) { File.write('alive', '') }; "

  private

  def gdb(pid, command, before = nil, library: LIBRARY)
    out, = Timeout.timeout(PATIENCE) do
      Open3.capture2e("gdb", "-q", "-batch", "-nx", "-p", pid.to_s, "-x", SCRIPT,
                      "-ex", "set heap-dump-library #{library}", *(["-ex", before] if before), "-ex", command,
                      stdin_data: "")
    end
    out
  end

  def assert_goes_on(pid)
    FileUtils.rm_f(path("alive"))
    Process.kill(:USR1, pid)
    wait_until("the program runs Ruby code") { File.exist?(path("alive")) }
  end

  def may_attach?
    pid, = start("puts 'ready'; sleep", options: [])
    out, = Open3.capture2e("gdb", "-q", "-batch", "-nx", "-p", pid.to_s, "-ex", "print 6 * 7")
    out.include?("= 42") && !out.include?("not permitted")
  end
end
