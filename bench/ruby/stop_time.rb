# frozen_string_literal: true

# How long a program stands still while its heap is dumped, and what the
# dump costs: HeapDump.dump by mode against ObjectSpace.dump_all.
#
#     ruby -Idumper/lib bench/ruby/stop_time.rb [objects, default 1000000]
#
# "gap" is what the program itself sees: the longest time in which another
# thread, which wants to run every millisecond, did not get to run.

require "heap_dump"
require "objspace"
require "tmpdir"

COUNT = Integer(ARGV.fetch(0, "1000000"))
NOW = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
CPU = -> { Process.times.then { |t| t.utime + t.stime + t.cutime + t.cstime } }

Node = Struct.new(:name, :next)
node = nil
$heap = Array.new(COUNT / 3) { |i| [node = Node.new("node #{i}", node)] }
GC.start

def longest_gap
  longest = 0
  stop = false
  watcher = Thread.new do
    last = NOW.call
    until stop
      sleep 0.001
      now = NOW.call
      longest = [longest, now - last].max
      last = now
    end
  end
  sleep 0.05
  yield
  stop = true
  watcher.join
  longest
end

puts format("Ruby %s, %d live slots", RUBY_VERSION, GC.stat(:heap_live_slots))
puts format("%-24s %10s %10s %9s %8s %9s", "", "stop ms", "gap ms", "wall s", "CPU s", "MB")
Dir.mktmpdir do |folder|
  path = File.join(folder, "dump.json")
  report = lambda do |name, &block|
    stop = nil
    wall = NOW.call
    cpu = CPU.call
    gap = longest_gap { stop = block.call }
    puts format("%-24s %10s %10.1f %9.2f %8.2f %9.1f", name, stop ? format("%.1f", stop * 1e3) : "-", gap * 1e3,
                NOW.call - wall - 0.05, CPU.call - cpu, File.size(path) / 1e6)
    File.delete(path)
  end
  3.times do
    report.call("ObjectSpace.dump_all") { File.open(path, "w") { |file| ObjectSpace.dump_all(output: file) } && nil }
    %i[clone fork in_place].each do |mode|
      report.call("HeapDump mode: :#{mode}") { HeapDump.dump(path, gc: false, mode: mode).stop }
    end
  end
end
