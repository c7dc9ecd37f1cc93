# frozen_string_literal: true

require "heap_dump"

# What the programs of this folder plant: an object that is found in the dump
# by the kind of its leak.
class Leak
  def initialize(kind)
    @kind = kind
  end
end

# Runs a block that plants something in a stack of its own, so that nothing of
# it stays on the one that dumps, nor in the value of the thread.
def plant
  Thread.new { yield && nil }.join
end

def dump
  HeapDump.dump(ARGV.fetch(0))
end
