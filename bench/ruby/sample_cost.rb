# frozen_string_literal: true

# Compares the CPU time of a program with and without sampled allocations, in
# turns, and how well the samples say where live objects were allocated.
#
#     ruby -Idumper/lib bench/ruby/sample_cost.rb [SECONDS of each run, default 4] [ROUNDS, default 5]
#
# Printed are CPU seconds for a million objects allocated: off, on, and traced by
# objspace, with their ratios to off; then the total variation between the true
# shares of ten sites and the estimated ones (0: equal, 1: nothing in common).

require "json"
require "rbconfig"
require "tmpdir"

SECONDS = Float(ARGV.fetch(0, "4"))
ROUNDS = Integer(ARGV.fetch(1, "5"))
LIB = File.expand_path("../../dumper/lib", __dir__)

PROGRAM = <<~'RUBY'
  require "heap_dump"
  require "heap_dump/sample_allocations"
  require "objspace"
  mode, seconds, dump = ARGV
  SITES = (1..10).to_a
  SITES.each { |n| eval("def site#{n} = Array.new(#{n}) { |i| \"site #{n} \#{i}\" }", nil, "site.rb", n) }
  cpu = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
  kept = []
  true_counts = Hash.new(0)
  HeapDump.sample_allocations if mode == "on"
  ObjectSpace.trace_object_allocations_start if mode == "traced"
  began = cpu.call
  allocated = GC.stat(:total_allocated_objects)
  round = 0
  while cpu.call - began < Float(seconds)
    SITES.each do |n|
      made = send("site#{n}")
      next unless (round += 1) % 23 == 0

      kept.concat(made)
      true_counts[n] += n
    end
  end
  million = (GC.stat(:total_allocated_objects) - allocated) / 1e6
  puts [(cpu.call - began) / million, true_counts.to_a.flatten.join(",")].join(" ")
  HeapDump.dump(dump) if mode == "on"
RUBY

def run(mode, dump)
  seconds, counts = IO.popen([RbConfig.ruby, "-I#{LIB}", "-e", PROGRAM, mode, SECONDS.to_s, dump], &:read).split
  [Float(seconds), counts.split(",").map(&:to_i).each_slice(2).to_h]
end

def estimated(dump)
  line = File.foreach(dump).find { |each| each.start_with?(",{\"id\":\"_SAMPLES_\"") }
  samples = JSON.parse(line.delete_prefix(","))
  samples["objects"].each_with_object(Hash.new(0)) do |(_, stack, weight, _), counts|
    frame = samples["frames"].fetch(samples["stacks"].fetch(stack).first)
    counts[frame[1]] += weight if frame[0] == "site.rb"
  end
end

def variation(truth, guess)
  all = [truth, guess].map { |counts| counts.values.sum.to_f }
  truth.keys.sum { |site| (truth[site] / all[0] - guess[site] / all[1]).abs } / 2
end

def median(values)
  values.sort[values.size / 2]
end

Dir.mktmpdir do |folder|
  dump = File.join(folder, "dump.json")
  times = Hash.new { |hash, mode| hash[mode] = [] }
  variations = []
  ROUNDS.times do
    %w[off on traced].each do |mode|
      seconds, truth = run(mode, dump)
      times[mode] << seconds
      variations << variation(truth, estimated(dump)) if mode == "on"
    end
  end
  off = median(times["off"])
  times.each { |mode, all| puts format("%-7s %.3f s a million, %.2f × off", mode, median(all), median(all) / off) }
  puts format("variation of the sites: %.3f", median(variations))
end
