# frozen_string_literal: true

# How long each question takes on a heap.db: the median and the slowest of some
# runs with the file in the page cache, and CPU time as a multiple of the
# cheapest command, `info`, which hardly does more than start and open the file.
#
#     ruby bench/ruby/answers.rb HEAPQ HEAP_DB [OLDER_HEAP_DB]
#
# With an older heap.db of the same program it asks `diff` as well. COLD=1 takes
# the file out of the page cache before each run.

require "json"
require "open3"

HEAPQ, DB, OLDER = ARGV
abort "usage: answers.rb HEAPQ HEAP_DB [OLDER_HEAP_DB]" unless DB
RUNS = Integer(ENV.fetch("RUNS", "5"))
COLD = ENV["COLD"] == "1"

def ask(*arguments)
  out, err, status = Open3.capture3(HEAPQ, *arguments, "--db", DB)
  abort "heapq #{arguments.join(' ')}: #{err}" unless [0, 1].include?(status.exitstatus)
  out
end

def children_cpu
  Process.times.then { |times| times.cutime + times.cstime }
end

def measure(*arguments)
  walls = []
  before = children_cpu
  RUNS.times do
    [DB, OLDER].compact.each { |path| File.open(path) { |file| file.fsync && file.advise(:dontneed) } } if COLD
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    ask(*arguments)
    walls << Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
  end
  { cpu: (children_cpu - before) / RUNS, median: walls.sort[RUNS / 2], worst: walls.max }
end

top = JSON.parse(ask("top-retainers", "-n", "20", "--format", "json"))["rows"]
deepest = JSON.parse(ask("sql", "SELECT id FROM objects ORDER BY depth DESC, id LIMIT 1", "--format", "json"))["rows"][0]["id"]
object = top.dig(top.size / 2, "address")
klass = JSON.parse(ask("top-types", "-n", "30", "--format", "json"))["rows"].find { |row| row["class_address"] && row["count"] < 20_000 }

questions = [
  %w[info], %w[top-types], %w[top-retainers], %w[top-retainers --by class], %w[top-retainers --by gem],
  %w[totals], ["show", object], ["refs", object], ["referrers", object], ["why-alive", object],
  ["why-alive", "##{deepest}"], ["why-alive", object, "--paths", "3"], ["why-alive", object, "--cut"],
  ["why-alive", "--all-of", klass["class"]], ["what-if", "--drop", object], ["tree"], ["tree", object],
  %w[threads], %w[unreachable], %w[suspects], %w[waste]
]
questions << ["diff", OLDER, DB] if OLDER

puts format("%d objects, %d runs each, the file %s", JSON.parse(ask("info", "--format", "json")).to_s[/"objects"=>(\d+)/, 1].to_i, RUNS, COLD ? "not in memory" : "in memory")
puts format("%-44s %10s %10s %10s %8s", "", "median ms", "worst ms", "CPU ms", "x info")
base = nil
questions.each do |question|
  cost = measure(*question)
  base ||= cost[:cpu]
  puts format("%-44s %10.1f %10.1f %10.1f %8.1f", question.map { |word| word.length > 30 ? "#{word[0, 27]}…" : word }.join(" "),
              cost[:median] * 1e3, cost[:worst] * 1e3, cost[:cpu] * 1e3, cost[:cpu] / [base, 1e-3].max)
end
