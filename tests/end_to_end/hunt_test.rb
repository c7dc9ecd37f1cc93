# frozen_string_literal: true

require_relative "support/end_to_end"

# heapq hunt: dumps of a running process, and what grew between them.
class HuntTest < Minitest::Test
  include EndToEnd

  SHOP = File.expand_path("../../script/demo_app", __dir__)
  LINE = File.readlines(File.join(SHOP, "session.rb")).index { |line| line.include?("EventBus::INSTANCE.on") } + 1
  # Knows nothing of the gem; sessions stay, because their handlers do.
  PROGRAM = <<~RUBY
    $stdout.sync = true
    require "#{SHOP}/session"
    Request = Struct.new(:path, :body)
    puts "ready"
    loop do
      10.times { |n| Session.new.start(Request.new("/\#{n}", "x" * 1_000)) }
      sleep 0.02
    end
  RUBY

  def teardown
    Process.kill(:KILL, @pid) && Process.wait(@pid) if @pid
    super
  end

  # With gdb: the process never loaded the gem.
  def test_finds_the_leak_of_a_process_that_knows_nothing_of_us
    needs("gdb", "gdb")
    start
    out = hunt("--pid", @pid.to_s, "--dumps", "2", "--every", "1s")
    assert_leak(out)
    assert_equal %w[1.db 2.db gdb.log report.html], Dir.children(path("hunt")).sort
    assert_includes File.read(path("hunt/report.html")), "session.rb:#{LINE}"
    assert_equal 0o700, File.stat(path("hunt")).mode & 0o777
    assert_match(/^heapq: dump 2 of 2 of process #{@pid} at [\d.]+ MB resident, by gdb$/, @stderr)
    assert_equal @pid, Process.kill(0, @pid) && @pid
  end

  def test_starts_a_command_and_waits_for_growth
    out = hunt("--every", "1s", "--until", "+4MB", "--", RUBY, "-e", PROGRAM)
    assert_leak(out)
    assert_equal 3, @stderr.scan(/^heapq: dump \d of 3 .* by signal URG$/).size, @stderr
    children = Dir["/proc/[0-9]*/cmdline"].select { |file| read(file).include?(SHOP) }
    assert_empty children.map { |file| read(file) }, "the command is still running"
  end

  def test_by_the_hook_of_a_running_process
    start({ "RUBYOPT" => "-W0 -I#{LIB} -rheap_dump/hook", "HEAP_DUMP_SIGNAL" => "URG", "HEAP_DUMP_DIR" => path("dumps") })
    said = JSON.parse(hunt("--pid", @pid.to_s, "--dumps", "2", "--every", "0.5s", "--format", "json"))
    assert_includes said["verdict"], "session.rb:#{LINE}"
    assert_match(/by signal URG$/, @stderr)
    assert_empty Dir.children(path("dumps"))
  end

  # Ctrl-C ends the waiting, not the hunt.
  def test_an_interrupted_hunt_answers_with_what_there_is
    start({ "RUBYOPT" => "-W0 -I#{LIB} -rheap_dump/hook", "HEAP_DUMP_SIGNAL" => "URG", "HEAP_DUMP_DIR" => path("dumps") })
    Open3.popen3(HEAPQ, "hunt", "--pid", @pid.to_s, "--every", "1h", "--dir", path("hunt"), "--no-color") do |_, out, err, hunt|
      assert_match(/dump 1 of 3/, Timeout.timeout(PATIENCE) { err.gets })
      Process.kill(:INT, hunt.pid)
      assert_match(/suspects/, Timeout.timeout(PATIENCE) { err.gets })
      assert_match(/^1\. (LIKELY|POSSIBLE): .*EventBus/, out.read)
      assert_equal 0, hunt.value.exitstatus
    end
  end

  def test_mistakes_are_one_line
    [[2, "hunt needs a process"], [2, "needs a process", "--pid", "1", "--", "true"], [2, "soon is not a time", "--pid", "1", "--every", "soon"],
     [2, "lots is not a growth", "--pid", "1", "--until", "lots"], [1, "no process has the id 2147483000", "--pid", "2147483000"],
     [1, "true started no Ruby process", "--", "true"], [1, "cannot run /nonexistent: No such file", "--", "/nonexistent"],
     [1, "ended before the first dump", "--", RUBY, "-e", "sleep 2"]].each do |code, message, *arguments|
      out, err, status = Open3.capture3(HEAPQ, "hunt", "--dir", path("none"), *arguments)
      assert_equal [code, "", 1], [status.exitstatus, out, err.lines.size], err
      assert_includes err, message
      refute_path_exists path("none")
    end
  end

  # The folder may be one of the user's.
  def test_replaces_no_file_of_the_users
    Dir.mkdir(path("mine"))
    File.write(path("mine/notes.txt"), "mine")
    _, err, status = Open3.capture3(HEAPQ, "hunt", "--dir", path("mine"), "--pid", Process.pid.to_s)
    assert_equal 1, status.exitstatus
    assert_match(/mine holds other files \(notes\.txt\).*--dir/, err)
    assert_equal %w[notes.txt], Dir.children(path("mine"))
  end

  private

  def hunt(*arguments)
    run_command(HEAPQ, "hunt", "--dir", path("hunt"), "--no-color", *arguments)
  end

  # The shop's process; it says when it runs.
  def start(env = {})
    out, to_us = IO.pipe
    @pid = spawn(env, RUBY, "-e", PROGRAM, out: to_us, err: File::NULL)
    to_us.close
    assert_equal "ready\n", Timeout.timeout(PATIENCE) { out.gets }
  end

  def read(file)
    File.read(file)
  rescue SystemCallError
    ""
  end

  def assert_leak(out)
    assert_match(/\ALikely a leak: .*EventBus @handlers grew /, out)
    assert_match(/^   EventBus::INSTANCE EventBus → @handlers Hash → \[:request\] Array$/, out)
    assert_match(/^   Look at .*session\.rb:#{LINE}: block in Session#start$/, out)
    assert_match(%r{^Report: #{path('hunt')}/report\.html$}, out)
  end
end
