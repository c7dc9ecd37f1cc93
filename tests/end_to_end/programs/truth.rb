# frozen_string_literal: true

# Dumps itself right after a GC to ARGV[3]; then to ARGV[0], and writes what
# Ruby says of that heap:
#   ARGV[1]  ObjectSpace.dump_all of the moment after the dump
#   ARGV[2]  lines "holder target…" of addresses, from
#            ObjectSpace.reachable_objects_from, as they were both before and
#            after the dump
require "heap_dump"
require "fiber"
require "objspace"
require "ostruct"
require "set"

module Truth
  ADDRESS = /"address":"0x(\h+)"/.freeze

  # Of an object or an ObjectSpace::InternalObjectWrapper.
  def self.address(object)
    ObjectSpace.dump(object)[ADDRESS, 1].to_i(16)
  end

  def self.edges(objects)
    known = {}.compare_by_identity
    objects.each_with_object({}.compare_by_identity) do |object, edges|
      targets = ObjectSpace.reachable_objects_from(object) || []
      edges[object] = targets.map do |target|
        next address(target) if target.is_a?(ObjectSpace::InternalObjectWrapper)

        known[target] ||= address(target)
      end
    end
  end
end

# A heap with something of everything.
class Account
  attr_accessor :name, :history

  include Comparable
  @registry = {}
  @@count = 0
  LIMIT = 10**30

  def <=>(other)
    name <=> other.name
  end
end

Point = Struct.new(:x, :y)
Wide = Struct.new(*("a".."l").map(&:to_sym))

accounts = Array.new(200) do |n|
  Account.new.tap do |account|
    account.name = "account #{n}"
    account.history = { n => [Point.new(n, n * 1.1), Rational(n, 7), Complex(n, 1)], "last" => Time.now }
    account.instance_variable_set(:@handler, ->(event) { [event, account] })
  end
end
$everything = [
  accounts, Set.new(accounts.first(20)), OpenStruct.new(a: accounts[1]), Wide.new(*accounts.first(12)),
  "match me".match(/(?<name>m\w+)/), accounts.each, accounts.lazy.map(&:name), accounts[0].method(:name),
  Account.instance_method(:name), binding, Queue.new << accounts[2], Thread::Mutex.new, Monitor.new,
  ObjectSpace::WeakMap.new, ("a".."z"), "a" * 1000, :"a symbol #{accounts.size}", 2**70, 1.1e300,
  Class.new(Account) { define_method(:other) { accounts } }, Module.new, Random.new(1), IO.pipe, Dir.new("."),
  Hash.new { |hash, key| hash[key] = accounts }, "shared tail of a long string that is shared" * 9
]
$everything << $everything.last[100..]
enumerator = [1, 2, 3].each
enumerator.next
$everything << enumerator << Fiber.new { Fiber.yield accounts }.tap(&:resume)
sleeper = Thread.new { Thread.current[:accounts] = accounts; Thread.stop }
Thread.pass until sleeper.stop?

HeapDump.dump(ARGV.fetch(3))
GC.disable
objects = ObjectSpace.each_object(BasicObject).to_a
# Twice, so that what looking costs Ruby, inline caches say, is there already.
Truth.edges(objects.first(100))
before = Truth.edges(objects)
HeapDump.dump(ARGV.fetch(0), false)
File.open(ARGV.fetch(1), "w") { |file| ObjectSpace.dump_all(output: file) }
after = Truth.edges(objects)
File.open(ARGV.fetch(2), "w") do |file|
  objects.each do |object|
    # The machine stack of the thread that looks is not the one that dumped.
    next if object.equal?(Thread.current) || object.equal?(Fiber.current)

    file.puts([Truth.address(object), *(before[object] & after[object])].join(" "))
  end
end
