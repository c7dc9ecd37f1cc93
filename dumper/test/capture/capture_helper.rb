# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "json"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

# What the tests of this folder share: child Rubies that dump themselves, and
# a look at what they wrote. A child keeps crashes and leftovers of a test out
# of the test process.
module TakeHelper
  LIB = File.expand_path("../../lib", __dir__)
  RUBY = RbConfig.ruby
  # Generous: the machine may be busy. Nothing waits that long unless it hangs.
  PATIENCE = 120

  def setup
    super
    @folder = Dir.mktmpdir("heap_dump-test")
    @children = []
  end

  def teardown
    @children.each do |child|
      Process.kill(:KILL, child)
      Process.wait(child)
    rescue SystemCallError
      next
    end
    FileUtils.remove_entry(@folder)
    super
  end

  def path(name = "dump.json")
    File.join(@folder, name)
  end

  # Runs a script with the gem loaded in a child, in a folder of its own; its
  # arguments are in ARGV. Gives what it printed; it must succeed.
  def ruby(script, *arguments, env: {}, options: ["-rheap_dump"], stdin: "")
    out, err, status = Timeout.timeout(PATIENCE) do
      Open3.capture3(env, RUBY, "-W0", "-I#{LIB}", *options, "-e", script, *arguments.map(&:to_s),
                     chdir: @folder, stdin_data: stdin)
    end
    @stderr = err
    assert status.success?, "#{status}\n#{out}\n#{err[0, 4000]}"
    out
  end

  # A running child that says "ready" when it is; [pid, stdin, stdout, stderr].
  def start(script, *arguments, env: {}, options: ["-rheap_dump"])
    stdin, to_child = IO.pipe
    from_child, stdout = IO.pipe
    errors, stderr = IO.pipe
    pid = spawn(env, RUBY, "-W0", "-I#{LIB}", *options, "-e", "$stdout.sync = true\n#{script}",
                *arguments.map(&:to_s), chdir: @folder, in: stdin, out: stdout, err: stderr)
    [stdin, stdout, stderr].each(&:close)
    @children << pid
    line = Timeout.timeout(PATIENCE) { from_child.gets }
    assert_equal "ready", line&.chomp, errors.read_nonblock(4000, exception: false).to_s
    [pid, to_child, from_child, errors]
  end

  # The one error that the script's block of HeapDump.dump raises, as
  # "Class: message".
  def error_of(script, *arguments, **options)
    ruby("begin; #{script}; puts 'nothing was raised'; rescue HeapDump::Error => e; " \
         "puts \"\#{e.class}: \#{e.message}\"; end", *arguments, **options).chomp
  end

  def records(name = "dump.json", text: nil)
    text ||= File.binread(path(name)).force_encoding("UTF-8")
    assert text.valid_encoding?, "the dump is not UTF-8"
    text.each_line.map { |line| JSON.parse(line.sub(/\A[,\[]/, "").sub(/\]\n?\z/, "")) }
  end

  # The dump is there from its header to its end; gives its records.
  def assert_whole(name = "dump.json", text: nil)
    all = records(name, text: text)
    assert_equal "_HEADER_", all.first["id"]
    assert_equal "_END_", all.last["id"]
    objects = all.select { |record| record["id"].is_a?(Integer) && !record.key?("of") }
    assert_equal all.last["objects"], objects.size
    all
  end

  def assert_no_leftovers(expected = [])
    assert_equal expected.sort, Dir.children(@folder).sort
  end

  # Waits until the block is true.
  def wait_until(what)
    Timeout.timeout(PATIENCE, Timeout::Error, "waited in vain until #{what}") do
      sleep 0.005 until (result = yield)
      result
    end
  end

  # The processes that write dumps of process `pid`.
  def writers_of(pid)
    Dir.children("/proc").grep(/\A\d+\z/).map(&:to_i).select do |candidate|
      head, _, tail = File.read("/proc/#{candidate}/stat").rpartition(")")
      head.end_with?("(heap_dump") && tail.split[1].to_i == pid
    rescue SystemCallError
      false
    end
  end
end
