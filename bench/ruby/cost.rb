# frozen_string_literal: true

# What a dump costs against ObjectSpace.dump_all, in one process and one run:
# CPU seconds (user and system, children included), bytes, and how long the
# program stands still (dump_all lets others run when it writes).
#
#     ruby -Idumper/lib bench/ruby/cost.rb [OBJECTS, default 1000000] [ROUNDS, default 5]
#
# The heap is support/made_heap.rb's. The ways take turns, so that a machine
# that gets busier meanwhile favours none of them; the cheapest of each way's
# rounds counts, and the ratios are of those.

require "heap_dump"
require "objspace"
require "tmpdir"
require_relative "support/made_heap"

COUNT = Integer(ARGV.fetch(0, "1000000"))
ROUNDS = Integer(ARGV.fetch(1, "5"))
NOW = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
CPU = -> { Process.times.then { |t| t.utime + t.stime + t.cutime + t.cstime } }
Cost = Struct.new(:cpu, :wall, :stop, :bytes)

BASE = "ObjectSpace.dump_all"
WAYS = {
  BASE => lambda do |path|
    File.open(path, "w") { |file| ObjectSpace.dump_all(output: file) }
    nil
  end,
  "mode: :in_place" => ->(path) { HeapDump.dump(path, gc: false, mode: :in_place).stop },
  "mode: :clone" => ->(path) { HeapDump.dump(path, gc: false, mode: :clone).stop }
}.freeze

def measure(path, way)
  GC.start
  wall = NOW.call
  cpu = CPU.call
  stop = way.call(path)
  cost = Cost.new(CPU.call - cpu, NOW.call - wall, stop, File.size(path))
  File.delete(path)
  cost
end

MadeHeap.make(COUNT)
costs = WAYS.transform_values { [] }
Dir.mktmpdir do |folder|
  path = File.join(folder, "dump.json")
  (ROUNDS + 1).times do |round|
    WAYS.each do |name, way|
      cost = measure(path, way)
      # The first round warms caches up.
      costs[name] << cost if round.positive?
    end
  end
end

puts format("Ruby %s, %d live objects, %d rounds", RUBY_VERSION, MadeHeap.live, ROUNDS)
puts format("%-22s %8s %8s %8s %10s %8s %8s %10s", "", "CPU s", "median", "ratio", "MB", "ratio", "wall s", "stop ms")
best = costs.transform_values do |rounds|
  Cost.new(*%i[cpu wall stop bytes].map { |column| rounds.map(&column).compact.min })
end
best.each do |name, cost|
  cpus = costs[name].map(&:cpu).sort
  puts format("%-22s %8.3f %8.3f %8.2f %10.1f %8.2f %8.2f %10s", name, cost.cpu, cpus[cpus.size / 2],
              cost.cpu / best[BASE].cpu, cost.bytes / 1e6, cost.bytes.fdiv(best[BASE].bytes), cost.wall, cost.stop ? format("%.1f", cost.stop * 1e3) : "-")
end
