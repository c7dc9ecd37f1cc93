# frozen_string_literal: true

# What a program pays for the gem while no dump is taken: the same work in
# child Rubies without it, with it, and with its hook, in turn.
#
#     ruby bench/ruby/idle_cost.rb [rounds, default 7]

require "rbconfig"

LIB = File.expand_path("../../dumper/lib", __dir__)
ROUNDS = Integer(ARGV.fetch(0, "7"))
KINDS = {
  "without the gem" => [],
  "gem loaded" => ["-I#{LIB}", "-rheap_dump"],
  "hook loaded" => ["-I#{LIB}", "-rheap_dump/hook"]
}.freeze

# Allocation, method calls, collections, signals: what a tracer or an
# allocation hook would slow down.
WORK = <<~'RUBY'
  def call(n) = n.zero? ? 0 : call(n - 1)
  trap(:USR1) {}
  work = lambda do
    300_000.times { |i| [i.to_s, { i => Object.new }] }
    20_000.times { call(20) }
    200.times { Process.kill(:USR1, Process.pid) }
    5.times { GC.start }
  end
  work.call
  cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  work.call
  print Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu, " ",
        File.read("/proc/self/statm").split[1].to_i * 4096, " ", GC.stat(:total_allocated_objects), " ", Thread.list.size
RUBY

results = KINDS.transform_values { [] }
ROUNDS.times do
  KINDS.each do |name, options|
    out = IO.popen([RbConfig.ruby, "-W0", *options, "-e", WORK], &:read)
    results[name] << out.split.map(&:to_f)
  end
end
puts format("%-18s %12s %12s %14s %9s", "", "best CPU s", "median", "resident MB", "threads")
results.each do |name, rows|
  cpu = rows.map(&:first).sort
  puts format("%-18s %12.4f %12.4f %14.1f %9d", name, cpu.first, cpu[cpu.size / 2], rows.map { |r| r[1] }.min / 1e6,
              rows.first[3])
end
