# frozen_string_literal: true

# Allocates much, keeps a little, and dumps itself with samples of its
# allocations. The argument is the path of the dump.
require "heap_dump/sample_allocations"

class Visit
  def initialize(number)
    @page = "/products/#{number}?" + "x" * 200
  end
end

class Journal
  VISITS = []

  def self.record(number)
    VISITS << Visit.new(number)
  end
end

HeapDump.sample_allocations(interval: 0.01)
till = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 3
number = 0
while Process.clock_gettime(Process::CLOCK_MONOTONIC) < till
  100.times { Journal.record(number += 1) }
  2_000.times { |i| "garbage #{i}" }
  GC.start if (number % 5_000).zero?
end
HeapDump.dump(ARGV.fetch(0))
puts number
