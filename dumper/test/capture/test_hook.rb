# frozen_string_literal: true

require_relative "capture_helper"

# heap_dump/hook: a dump on a signal, in a program that knows nothing of it.
class TestHook < Minitest::Test
  include TakeHelper

  HOOK = { "RUBYOPT" => "-rheap_dump/hook" }.freeze
  NAME = /\Aheap_dump-(\d+)-\d{8}T\d{6}\.\d{3}Z\.json(\.gz|\.zst)?\z/.freeze

  # `config.heap_dump` of Rails takes just these.
  def test_every_variable_has_a_setting
    described = File.read(File.join(LIB, "heap_dump/hook.rb")).scan(/^#   HEAP_DUMP_(\w+)/).flatten
    names = ruby("require 'heap_dump/hook/settings'; puts HeapDump::Hook::Settings::NAMES").split
    assert_equal described.map(&:downcase).sort, names.sort
  end

  def test_dumps_on_the_signal_and_logs_one_line
    pid, _, _, err = start_hooked("puts 'ready'; sleep")
    Process.kill(:USR2, pid)
    line = err.gets
    assert_match(%r{\Aheap_dump: pid #{pid} wrote #{@folder}/heap_dump-#{pid}-\S+\.json \(\d+ objects, [\d.]+ MB, clone, stopped \d+ ms, took [\d.]+ s\)$},
                 line)
    assert_equal pid, assert_whole(dumps.first).first["pid"]
    assert_equal 1, dumps.size
    assert_nil err.read_nonblock(1, exception: false).then { |rest| rest == :wait_readable ? nil : rest }
  end

  def test_settings_from_the_environment
    pid, _, _, err = start_hooked("puts 'ready'; sleep", env: {
      "HEAP_DUMP_SIGNAL" => "SIGURG, USR1", "HEAP_DUMP_DIR" => path("a/b"), "HEAP_DUMP_COMPRESS" => "gzip",
      "HEAP_DUMP_STRINGS" => "none", "HEAP_DUMP_MODE" => "in_place", "HEAP_DUMP_TIMEOUT" => "60"
    })
    %i[URG USR1].each do |signal|
      Process.kill(signal, pid)
      assert_match(/ wrote .*json\.gz \(.*in_place/, err.gets)
    end
    assert_equal 2, dumps("a/b").size
    assert_equal 0o700, File.stat(path("a/b")).mode & 0o777
    text, = Open3.capture2("gzip", "-dc", stdin_data: File.binread(path("a/b/#{dumps('a/b').first}")), binmode: true)
    header = assert_whole(text: text.force_encoding("UTF-8")).first
    assert_equal %w[in_place none], header.values_at("mode", "strings")
  end

  def test_wrong_settings_turn_the_hook_off_and_say_so
    ruby("puts 1", env: HOOK.merge("HEAP_DUMP_MODE" => "maybe"), options: [])
    assert_match(/\Aheap_dump: the hook is off in pid \d+: HEAP_DUMP_MODE=maybe is none of clone, in_place, fork$/, @stderr)
    ruby("puts 1", env: HOOK.merge("HEAP_DUMP_FALLBACK" => "wait"), options: [])
    assert_match(/HEAP_DUMP_FALLBACK=wait is none of fork, in_place, raise$/, @stderr)
    ruby("puts 1", env: HOOK.merge("HEAP_DUMP_SIGNAL" => "NOPE"), options: [])
    assert_match(/HEAP_DUMP_SIGNAL=NOPE is not a signal/, @stderr)
    ruby("puts 1", env: HOOK.merge("HEAP_DUMP_KEEP" => "-1"), options: [])
    assert_match(/HEAP_DUMP_KEEP=-1 is not a whole number/, @stderr)
  end

  def test_keeps_the_newest
    (1..5).each { |day| File.write(path("heap_dump-99-2020010#{day}T000000.000Z.json"), "") }
    File.write(path("heap_dump-99-other.json"), "not ours")
    left = %w[old new].map { |name| path(".heap_dump-9-20200101T000000.000Z.json.9-#{name}.tmp") }
    left.each { |name| File.write(name, "") }
    File.utime(0, 0, left.first)
    pid, _, _, err = start_hooked("puts 'ready'; sleep", env: { "HEAP_DUMP_KEEP" => "3" })
    Process.kill(:USR2, pid)
    err.gets
    wait_until("the old are gone") { dumps.size == 3 }
    assert_equal %w[heap_dump-99-20200104T000000.000Z.json heap_dump-99-20200105T000000.000Z.json],
                 dumps.grep(/dump-99/).sort
    assert_path_exists path("heap_dump-99-other.json")
    assert_equal [false, true], left.map { |name| File.exist?(name) }
  end

  # A user who may write to the folder must not make the hook remove dumps.
  def test_what_another_user_made_neither_counts_nor_goes
    skip "only root can give files away" unless Process.euid.zero?
    mine = "heap_dump-99-20200101T000000.000Z.json"
    theirs = Array.new(3) { |i| "heap_dump-98-2021010#{i + 1}T000000.000Z.json" }
    [mine, *theirs].each { |name| File.write(path(name), "") }
    theirs.each { |name| File.chown(65_534, nil, path(name)) }
    old = path(".heap_dump-9-20200101T000000.000Z.json.9-old.tmp")
    File.write(old, "")
    File.utime(0, 0, old)
    pid, _, _, err = start_hooked("puts 'ready'; sleep", env: { "HEAP_DUMP_KEEP" => "2" })
    Process.kill(:USR2, pid)
    err.gets
    refute_path_exists old
    assert_equal [mine, *theirs].sort, dumps.grep(/-9[89]-/).sort
  end

  def test_calls_the_handler_of_before_and_of_after
    File.write(path("before.rb"), "trap(:USR2) { $stdout.syswrite(%(before\n)) }")
    pid, _, out, err = start_hooked(<<~RUBY, rubyopt: "-r./before -rheap_dump/hook")
      puts "ready"
      $stdin.gets
      p Signal.trap("USR2") { $stdout.syswrite("after\n") }.class, trap(:SIGUSR2, "IGNORE").class, trap("USR2", nil)
      trap("USR2") { $stdout.syswrite("after\n") }
      puts "set"
      sleep
    RUBY
    Process.kill(:USR2, pid)
    assert_equal "before\n", out.gets
    assert_match(/wrote/, err.gets)
    @to_child.puts
    assert_equal ["Proc\n", "Proc\n", "\"IGNORE\"\n", "set\n"], Array.new(4) { out.gets }
    Process.kill(:USR2, pid)
    assert_equal "after\n", out.gets
    assert_match(/wrote/, err.gets)
    assert_equal 2, dumps.size
  end

  def test_other_signals_are_left_alone
    out = ruby(<<~RUBY, env: HOOK, options: [])
      p trap(:USR1, "IGNORE"), trap(:USR1, "DEFAULT"), Kernel.trap("TERM") { }
      begin
        trap("NOPE") { }
      rescue ArgumentError => e
        puts e.message
      end
      p((Ractor.new { trap(:USR1, "IGNORE") }.take)) if defined?(Ractor) && Ractor.method_defined?(:take)
    RUBY
    assert_match(/\A"DEFAULT"\n"IGNORE"\n"DEFAULT"\nunsupported signal/, out)
  end

  def test_works_in_forked_workers
    pid, _, out, err = start_hooked(<<~RUBY)
      workers = Array.new(2) { fork { sleep } }
      puts "ready", workers.join(" ")
      Process.waitall
    RUBY
    workers = out.gets.split.map(&:to_i)
    [*workers, pid, workers.first].each do |target|
      Process.kill(:USR2, target)
      assert_match(/pid #{target} wrote/, err.gets)
    end
    assert_equal [pid, *workers, workers.first].sort, dumps.map { |name| name[NAME, 1].to_i }.sort
    workers.each { |worker| Process.kill(:KILL, worker) }
  end

  def test_signals_while_a_dump_is_under_way_are_not_lost_in_silence
    pid, _, _, err = start_hooked("$big = Array.new(300_000) { |i| [i.to_s] }; puts 'ready'; sleep")
    Process.kill(:USR2, pid)
    wait_until("it writes") { writers_of(pid).any? }
    Process.kill(:USR2, pid)
    lines = [err.gets, err.gets].join
    assert_match(/pid #{pid} a dump is under way, signal ignored$/, lines)
    assert_match(/pid #{pid} wrote/, lines)
    assert_equal 1, dumps.size
  end

  def test_failure_is_a_line_and_the_program_goes_on
    File.write(path("file"), "")
    pid, _, out, err = start_hooked("Thread.abort_on_exception = true; puts 'ready'; $stdin.gets; puts 'well'; sleep",
                                    env: { "HEAP_DUMP_DIR" => path("file/x") })
    Process.kill(:USR2, pid)
    assert_match(/\Aheap_dump: pid #{pid} no dump: .* \(Errno::\w+\)$/, err.gets)
    @to_child.puts
    assert_equal "well", out.gets.chomp
  end

  def test_dumps_when_the_process_has_so_much_memory
    pid, _, _, err = start_hooked(<<~RUBY, env: { "HEAP_DUMP_AT_RSS" => "150M" })
      puts "ready"
      $stdin.gets
      kept = []
      loop do
        kept << "x" * 4_000_000 if kept.size < 60
        20_000.times { Object.new }
        sleep 0.02
      end
    RUBY
    assert_empty dumps
    @to_child.puts
    assert_match(/pid #{pid} wrote/, Timeout.timeout(PATIENCE) { err.gets })
    assert_equal 1, dumps.size
  end

  # A finalizer that makes the next one must not run for ever at the end.
  def test_a_program_with_a_limit_ends
    ruby("5.times { GC.start }; exit 0", env: HOOK.merge("HEAP_DUMP_AT_RSS" => "100G"), options: [])
    ruby("puts 1", env: HOOK.merge("HEAP_DUMP_AT_RSS" => "much"), options: [])
    assert_match(/HEAP_DUMP_AT_RSS=much is not a size such as 1500M$/, @stderr)
  end

  def test_closed_stderr_does_no_harm
    pid, = start_hooked("$stderr.close; puts 'ready'; sleep")
    Process.kill(:USR2, pid)
    wait_until("it is written") { dumps.any? }
    assert_whole(dumps.first)
    Process.kill(0, pid)
  end

  def test_leaves_no_thread_behind
    pid, _, out, err = start_hooked("puts 'ready'; $stdin.gets; p Thread.list.size; sleep")
    Process.kill(:USR2, pid)
    err.gets
    sleep 0.1
    @to_child.puts
    assert_equal "1", out.gets.chomp
  end

  private

  def start_hooked(script, env: {}, rubyopt: HOOK["RUBYOPT"])
    child = start(script, env: { "RUBYOPT" => "-W0 #{rubyopt}" }.merge(env), options: [])
    @to_child = child[1]
    child
  end

  def dumps(folder = ".")
    Dir.children(File.join(@folder, folder)).grep(NAME)
  end
end
