# frozen_string_literal: true

# Measures the cost of a dump for the host process and for the copy that writes it.
#
#     ruby -Idumper/lib bench/ruby/copy_cost.rb [OBJECTS, default 1000000] [BALLAST in MB, default 0] [ROUNDS, default 7]
#
# The ballast is memory of strings, which makes page tables larger and not the
# number of objects. Printed are
#   clone    the bare clone system call in this process, with a child that ends
#   stop     Result#stop of HeapDump.dump with its default options
#   gap      the longest time that another thread did not get to run meanwhile
#   private  the most memory that the copy had of its own: its tables, and pages
#            that this process wrote to after the copy was made
# as the least and the median of all rounds; then the work that a thread of this
# process gets done in each quarter of a second of a dump, in per cent of what
# it gets done without one.

require "fiddle"
require "heap_dump"

COUNT = Integer(ARGV.fetch(0, "1000000"))
BALLAST = Integer(ARGV.fetch(1, "0"))
ROUNDS = Integer(ARGV.fetch(2, "7"))
TARGET = File.open(File::NULL, "w")
NOW = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }

module Copy
  LIBC = Fiddle.dlopen(nil)
  SYSCALL = Fiddle::Function.new(LIBC["syscall"], [Fiddle::TYPE_LONG] * 6, Fiddle::TYPE_LONG, need_gvl: true)
  EXIT = Fiddle::Function.new(LIBC["_exit"], [Fiddle::TYPE_INT], Fiddle::TYPE_VOID, need_gvl: true)
  CLONE, WAIT4 = RUBY_PLATFORM.start_with?("x86_64") ? [56, 61] : [220, 260]
  WAIT_FOR_ANY_KIND = 0x40000000 # __WALL

  def self.seconds
    began = NOW.call
    pid = SYSCALL.call(CLONE, 0, 0, 0, 0, 0)
    EXIT.call(0) if pid.zero?
    took = NOW.call - began
    # Process.wait may wait for a SIGCHLD, which such a child does not send.
    SYSCALL.call(WAIT4, pid, 0, WAIT_FOR_ANY_KIND, 0, 0)
    took
  end

  # Kilobytes, of the process that writes this one's dump; 0: there is none.
  def self.private_memory
    pid = Dir.children("/proc").grep(/\A\d+\z/).find do |each|
      head, _, tail = File.read("/proc/#{each}/stat").rpartition(")")
      head.end_with?("(heap_dump") && tail.split[1].to_i == Process.pid
    rescue SystemCallError
      false
    end
    return 0 unless pid

    File.read("/proc/#{pid}/smaps_rollup")[/^Private_Dirty: +(\d+)/, 1].to_i
  rescue SystemCallError
    0
  end
end

def median(values) = values.sort[values.size / 2]
def shown(values) = format("%8.1f %8.1f", values.min, median(values))

def longest_gap
  longest = 0
  stop = false
  watcher = Thread.new do
    last = NOW.call
    until stop
      sleep 0.0005
      longest = [longest, -(last - (last = NOW.call))].max
    end
  end
  sleep 0.02
  longest = 0
  result = yield
  stop = true
  watcher.join
  [longest, result]
end

def work(heap, seconds)
  done = 0
  ends = NOW.call + seconds
  while NOW.call < ends
    1_000.times { |i| heap[(done + i * 7_919) % heap.size][0] = i }
    done += 1_000
  end
  done / seconds
end

$heap = Array.new(COUNT / 3) { |i| [i, "string number #{i}", { a: i }] }
$ballast = Array.new(BALLAST) { "x" * (1 << 20) }
3.times { GC.start }

clones = []
stops = []
gaps = []
ROUNDS.times do
  clones << Copy.seconds * 1e3
  gap, result = longest_gap { HeapDump.dump(TARGET) }
  gaps << gap * 1e3
  stops << result.stop * 1e3
end
dump = Thread.new { HeapDump.dump(TARGET) }
memory = 0
memory = [memory, Copy.private_memory].max while dump.alive?

puts format("Ruby %s, %d live objects, RSS %d MB", RUBY_VERSION, GC.stat(:heap_live_slots),
            File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i / 1024)
puts format("%-12s %8s %8s", "", "least", "median")
puts "clone ms     #{shown(clones)}", "stop ms      #{shown(stops)}", "gap ms       #{shown(gaps)}"
puts format("private MB   %8.1f", memory / 1024.0)

alone = work($heap, 2)
dump = Thread.new { HeapDump.dump(TARGET) }
shares = []
shares << (100 * work($heap, 0.25) / alone).round while dump.alive?
puts "work %       #{shares.join(' ')}"
