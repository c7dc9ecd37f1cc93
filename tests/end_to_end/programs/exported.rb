# frozen_string_literal: true

# A small service that leaks, for other tools to look at: its heap has names
# and texts that a careless exporter would break them with.
#
#   ruby exported.rb DUMP [LEAKS [FORMAT]]   FORMAT: heap_dump, dump_all
require "heap_dump"
require "objspace"

ObjectSpace.trace_object_allocations_start

class Bus
  def initialize
    @handlers = {}
  end

  INSTANCE = new

  def on(event, &handler)
    (@handlers[event] ||= []) << handler
  end
end

module Shop
  class Order
    def initialize(number)
      @number = number
      @note = "order #{number} " * 100
    end
  end

  class Session
    def start(order)
      Bus::INSTANCE.on(:order) { order }
    end
  end
end

class Node
  attr_accessor :next
end

Integer(ARGV[1] || 50).times { |n| Shop::Session.new.start(Shop::Order.new(n)) }

$nasty = [
  "tab\there", "line\nbreak\r\n", "back\\slash \\N \\.", "quo\"te's, comma; semicolon", "nul \0 inside",
  "\xff\xfe broken", "<script>alert(1)</script> &lt; \u2028 \u{1f600}", "\e[31mred", "\\.\n\\.", "\x7f\b\f\v",
  { "a\tb" => 1, nil => "x", :"$k.e;y" => "y", %w[key] => "z" }
]
$odd = Struct.new(:"tab\tmember", :"back\\slash", :"line\nmember").new("one", "two", "three")
Shop.const_set(:Quoted, Class.new { def self.name() "Quo\"te\\'s\n;" end })
$large = "large" * 1_000_000
# Deeper than any stack, and a frame of its own for none of them.
$list = nil
(20_000 + Integer(ARGV[1] || 50)).times { $list = Node.new.tap { |node| node.next = $list } }
$wide = Array.new(60_000) { |n| n.to_f / 7 + 1e300 }

if ARGV[2] == "dump_all"
  GC.start
  ObjectSpace.dump_all(output: File.open(ARGV[0], "w"))
else
  HeapDump.dump(ARGV[0])
end
