# frozen_string_literal: true

# Makes a heap of a given size in this process (support/made_heap.rb) and
# dumps it.
#
#     ruby -Idumper/lib bench/ruby/big_heap.rb DUMP [OBJECTS] [--dump-all]
#
# OBJECTS is 5000000 if left out. The dump is by HeapDump, or with --dump-all
# by ObjectSpace.dump_all. The same arguments make the same objects.

require "objspace"
require_relative "support/made_heap"

DUMP_ALL = !ARGV.delete("--dump-all").nil?
PATH = ARGV.fetch(0) { abort "usage: big_heap.rb DUMP [OBJECTS] [--dump-all]" }
COUNT = Integer(ARGV.fetch(1, "5000000"))
require "heap_dump" unless DUMP_ALL

MadeHeap.make(COUNT)
if DUMP_ALL
  File.open(PATH, "w") { |file| ObjectSpace.dump_all(output: file) }
else
  HeapDump.dump(PATH)
end
puts format("%s: %d live objects, %.1f MB", PATH, MadeHeap.live, File.size(PATH) / 1e6)
