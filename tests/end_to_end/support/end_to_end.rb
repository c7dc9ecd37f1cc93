# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "json"
require "open3"
require "rbconfig"
require "timeout"
require "tmpdir"

# Runs Ruby programs that dump themselves, loads their dumps and asks heapq.
module EndToEnd
  REPOSITORY = File.expand_path("../../..", __dir__)
  LIB = File.join(REPOSITORY, "dumper/lib")
  RUBY = ENV["RUBY"] || RbConfig.ruby
  HEAPQ = File.expand_path(ENV["HEAPQ"] || "build/cli/heapq", ENV["HEAPQ"] ? Dir.pwd : REPOSITORY)
  # Generous: the machine may be busy. Nothing waits that long unless it hangs.
  PATIENCE = 300

  def setup
    super
    assert File.executable?(HEAPQ), "#{HEAPQ} is missing: run script/build"
    @folder = Dir.mktmpdir("heapq-end-to-end")
  end

  def teardown
    FileUtils.remove_entry(@folder) if @folder
    SKIPS << skipped?
    super
  end

  # CTest shows a file of which every test was skipped as such.
  SKIPS = []
  SKIPPED = 77
  Minitest.after_run { exit SKIPPED if SKIPS.any? && SKIPS.all? }

  # Skips the test where a tool of another project can't be had.
  def needs(tool, package)
    return if ENV["PATH"].split(":").any? { |folder| File.executable?(File.join(folder, tool)) }

    skip "SKIPPED: #{tool} is not there; install Debian's #{package}"
  end

  def path(name)
    File.join(@folder, name)
  end

  # What a command prints; it must succeed.
  def run_command(*command, env: {}, stdin: "", chdir: @folder)
    out, err, status = Timeout.timeout(PATIENCE) do
      Open3.capture3(env, *command, stdin_data: stdin, chdir: chdir)
    end
    assert status.success?, "#{command.join(' ')}: #{status}\n#{out[-4000..] || out}\n#{err[-4000..] || err}"
    @stderr = err
    out
  end

  # Runs a program with the gem's lib in its load path.
  def ruby(*arguments, env: {})
    run_command(RUBY, "-W0", "-I", LIB, *arguments, env: env)
  end

  def heapq(*arguments, db: path("heap.db"))
    run_command(HEAPQ, "--db", db, "--no-color", *arguments)
  end

  def heapq_json(*arguments, db: path("heap.db"))
    JSON.parse(heapq(*arguments, "--format", "json", db: db), max_nesting: false)
  end

  def load_dump(dump = path("dump.json"), db: path("heap.db"))
    heapq("load", dump, "--strict", db: db)
  end

  # One value a row of a query's first column, or rows of several.
  def sql(query, db: path("heap.db"))
    run_command("sqlite3", "-batch", "-readonly", "-separator", "\t", db, query)
      .lines(chomp: true).map { |line| line.include?("\t") ? line.split("\t", -1) : line }
  end

  # The same rows, in whatever order; the first differences are shown.
  def assert_same_rows(expected, found)
    counts = expected.tally
    counts.default = 0
    found.each { |row| counts[row] -= 1 }
    missing, extra = counts.reject { |_, n| n.zero? }.partition { |_, n| n.positive? }
    assert missing.empty? && extra.empty?,
           "missing #{missing.size}: #{missing.first(5)}\nextra #{extra.size}: #{extra.first(5)}"
  end

  # The dump's records, without its first and last line's brackets.
  def records(dump = path("dump.json"))
    File.foreach(dump, chomp: true).map { |line| JSON.parse(line.sub(/\A[\[,]/, "").sub(/\]\z/, "")) }
  end
end
