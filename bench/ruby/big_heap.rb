# frozen_string_literal: true

# Makes a heap of a given size in this process and dumps it: nested hashes,
# strings, structs and closures, with a linked list of a fifth of the objects
# and arrays nested 100,000 deep.
#
#     ruby -Idumper/lib bench/ruby/big_heap.rb DUMP [OBJECTS] [--dump-all]
#
# OBJECTS is 5000000 if left out. The dump is by HeapDump, or with --dump-all
# by ObjectSpace.dump_all. The same arguments make the same objects.

require "objspace"

DUMP_ALL = !ARGV.delete("--dump-all").nil?
PATH = ARGV.fetch(0) { abort "usage: big_heap.rb DUMP [OBJECTS] [--dump-all]" }
COUNT = Integer(ARGV.fetch(1, "5000000"))
require "heap_dump" unless DUMP_ALL

Node = Struct.new(:value, :next)
Order = Struct.new(:id, :lines, :customer)

class Customer
  def initialize(number)
    @name = "customer #{number}"
    @tags = ["tag #{number % 100}", "new"]
    @address = { "street" => "street #{number % 1000}", city: "city #{number % 50}" }
  end
end

class Registry
  HANDLERS = []
  ORDERS = {}
  SESSIONS = {}

  # Each block captures its own locals.
  def self.subscribe(number)
    request = "request #{number}"
    HANDLERS << proc { |event| [event, request] }
  end
end

def live
  ObjectSpace.count_objects.then { |counts| counts[:TOTAL] - counts[:FREE] }
end

# Calls the block with 0, 1, … until about `share` of all objects are made.
def fill(share)
  first = live
  wanted = (COUNT * share).to_i
  number = 0
  while live - first < wanted
    1000.times do
      yield number
      number += 1
    end
  end
end

GC.disable
$list = nil
(COUNT / 5).times { |number| $list = Node.new(number, $list) }
$nested = []
[100_000, COUNT / 10].min.times { $nested = [$nested] }
GC.enable

customers = []
fill(0.25) { |number| customers << Customer.new(number) }
fill(0.25) do |number|
  Registry::ORDERS["order-#{number}"] =
    Order.new(number, [{ sku: "sku #{number % 5000}", count: 1 + number % 3, price: number * 1.0e-300 }],
              customers[number % customers.size])
end
fill(0.1) { |number| Registry.subscribe(number) }
fill(0.15) { |number| (Registry::SESSIONS[number % 100] ||= {})[number] = { user: { name: "user #{number}", roles: [] } } }

GC.start
if DUMP_ALL
  File.open(PATH, "w") { |file| ObjectSpace.dump_all(output: file) }
else
  HeapDump.dump(PATH)
end
puts format("%s: %d live objects, %.1f MB", PATH, live, File.size(PATH) / 1e6)
