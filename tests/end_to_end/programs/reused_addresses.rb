# frozen_string_literal: true

# Takes three dumps, dump.1 to dump.3, between which 5,000 requests are freed and
# as many made, for the most part at the same addresses, and 300 Leaks are kept.
# Argument: "gem", or "dump_all" for ObjectSpace.dump_all.
require_relative "../support/dump_heap"
require_dumper(ARGV[0])

class Request
  def initialize(number)
    @body = format("%06d", number) * 60
  end
end

class Leak
  def initialize(number)
    @body = "L#{number}" * 20
  end
end

$leaks = []
1.upto(3) do |number|
  $requests = nil
  GC.start
  $requests = Array.new(5000) { |i| Request.new(number * 5000 + i) }
  300.times { |i| $leaks << Leak.new(i) } if number > 1
  dump_heap(ARGV[0], "dump.#{number}")
end
