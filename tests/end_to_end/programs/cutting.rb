# frozen_string_literal: true

# Plants objects in every way of being held, dumps itself, and then does to them
# what it is told on standard input, a line of JSON at a time:
#
#   {"name": "two_holders", "cuts": [{"kind": …, "reference": …, "holder": …, "held": …}, …]}
#
# answers with a line that says whether the object was alive after each number
# of cuts, [true, true, false]; holder and held are addresses. And
#
#   {"weigh": "cache"}
#
# clears what holds that plant and answers what went: {"bytes":…, "objects":…}.
require "fiddle"
require "json"
require "objspace"
require "set"
require_relative "../leaks/leak"

Pair = Struct.new(:left, :right)
class Holder
  attr_accessor :value, :other

  class << self
    attr_accessor :last
  end
end

# What the weights are counted in: nothing else has these classes.
class Entry
  def initialize(*parts)
    @parts = parts
  end
end

def handler_of(request)
  proc { request }
end

# Writes over what was left on the machine stack of this thread, by itself or by
# one that had it before: the GC would take it for references.
def scrub(depth)
  [depth].each { |n| scrub(n - 1) if n.positive? }
end

def in_frame(request, started, told)
  scrub(100)
  started << true
  told.pop
  request = nil
  scrub(100)
  started << true
  told.pop
  request
end

# Objects by name, so that they can be told from outside whether they live.
WATCHED = ObjectSpace::WeakMap.new
NAMES = {}
def leak(name)
  NAMES[name] = Object.new
  Leak.new(name).tap { |object| WATCHED[NAMES[name]] = object }
end

STARTED = Queue.new
TOLD = Queue.new
plant do
  $global = leak(:global)
  Object.const_set(:LEAKY, leak(:constant))
  Holder.last = leak(:class_ivar)
  Holder.class_variable_set(:@@all, leak(:class_variable))
  $holder = Holder.new
  $holder.value = leak(:ivar)
  $pair = Pair.new(1, leak(:member))
  $list = [1, leak(:index), 2]
  $hash = { symbol: leak(:symbol_key), "a string" => leak(:string_key), 17 => leak(:integer_key) }
  $keys = { leak(:hash_key) => 1 }.compare_by_identity
  $set = Set[leak(:set)]
  $handler = handler_of(leak(:closure))
  $text = String.new("text")
  $text.instance_variable_set(:@owner, leak(:generic_ivar))
  $default = Hash.new(leak(:default))
  twice = leak(:twice_in_a_list)
  $twice = [twice, twice]
  both = leak(:two_holders)
  $one = { both: both }
  $two = [both]
  three = leak(:three_holders)
  $left = Pair.new(three, nil)
  $right = Holder.new.tap { |holder| holder.value = three }
  $middle = handler_of(three)
  # Many ways lead to one reference: one cut is enough.
  inner = Holder.new.tap { |holder| holder.value = leak(:diamond) }
  $ways = Array.new(20) { { holder: inner } }
  # A ring that holds itself does not count.
  ring = Holder.new
  ring.value = leak(:ring)
  ring.value.instance_variable_set(:@ring, ring)
  $ring = ring
end
$named = Thread.new do
  Thread.current[:user] = leak(:fiber_local)
  scrub(100)
  STARTED << true
  sleep
end
$worker = Thread.new { in_frame(leak(:frame_local), STARTED, TOLD) }
2.times { STARTED.pop }

plant do
  $cache = (0...500).to_h { |n| ["key #{n}", Entry.new("value #{n}" * 20, [n.to_s] * 3)] }
  shared = Array.new(300) { |n| Entry.new("shared #{n}" * 10) }
  $first = [shared, Array.new(200) { |n| Entry.new("first #{n}") }]
  $second = [shared, Array.new(100) { |n| Entry.new("second #{n}") }]
end

dump

# The object at an address.
def at(address)
  Fiddle.dlunwrap(Integer(address))
end

def cut(step)
  label = step.fetch("reference")
  case step.fetch("kind")
  when "root" then eval("#{label} = nil") # a global
  when "ivar" then at(step["holder"]).instance_variable_set(label, nil)
  when "cvar" then at(step["holder"]).class_variable_set(label, nil)
  when "const" then at(step["holder"]).send(:remove_const, label.split("::").last)
  when "member" then at(step["holder"])[label.delete_prefix(".")] = nil
  when "index" then at(step["holder"])[Integer(label[1..-2])] = nil
  when "hash_value" then at(step["holder"]).delete(eval(label[1..-2])) # a literal
  when "hash_key" then at(step["holder"]).delete(at(step["held"]))
  when "fiber_local" then at(step["holder"])[label[/:(\w+)\]/, 1].to_sym] = nil
  when "local" then forget_local(label[/\Alocal (\w+)/, 1].to_sym, at(step["held"]))
  when "frame_local"
    TOLD << true
    STARTED.pop
  when "part"
    raise "unknown: #{step}" unless label == "default value"

    at(step["holder"]).default = nil
  else raise "unknown: #{step}"
  end
end

def forget_local(name, held)
  ObjectSpace.each_object(Proc) do |closure|
    variables = closure.binding if closure.source_location # not one of C
    next unless variables&.local_variable_defined?(name) && variables.local_variable_get(name).equal?(held)

    variables.local_variable_set(name, nil)
  end
end

def collect
  3.times { Thread.new { scrub(100) && GC.start }.join }
end

def alive?(name)
  Thread.new { WATCHED.key?(NAMES.fetch(name)) }.value
end

def weights
  entries = 0
  ObjectSpace.each_object(Entry) { entries += 1 }
  { "bytes" => ObjectSpace.memsize_of_all, "entries" => entries, "objects" => ObjectSpace.count_objects[:TOTAL] - ObjectSpace.count_objects[:FREE] }
end

def weigh(names)
  collect
  before = Thread.new { weights }.value
  Thread.new { names.each { |name| eval("#{name} = nil") } }.join
  collect
  after = Thread.new { weights }.value
  before.to_h { |key, value| [key, value - after.fetch(key)] }
end

def answer(request)
  return weigh(request["weigh"]) if request.key?("weigh")

  name = request["name"].to_sym
  collect
  request["cuts"].reduce([alive?(name)]) do |seen, step|
    Thread.new { cut(step) && nil }.join # its value would be held
    collect
    seen << alive?(name)
  end
end

$stdout.sync = true
puts "ready"
while (line = $stdin.gets)
  reply = Thread.new { answer(JSON.parse(line)) }.value
  puts JSON.generate(reply)
end
