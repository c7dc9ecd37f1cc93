# frozen_string_literal: true

# Leaks in the way of its first argument, dumps itself to dump.json in the
# current folder, goes on, and dumps itself again to dump2.json, after a
# compaction if there is a second argument.
require "heap_dump"
require "objspace"

class Request
  def initialize(number)
    @path = "/orders/#{number}"
    @body = "body #{number} " * 20
    @finished = true
  end
end

class Bus
  INSTANCE = new

  def subscribe(event, &handler)
    (@handlers ||= {}).fetch(event) { @handlers[event] = [] } << handler
  end
end

class Cache
  class << self
    def fetch(key)
      (@entries ||= {})[key] ||= yield
    end
  end
end

class Memo
  @@results = {}

  def self.of(request)
    @@results[request] ||= request.object_id
  end
end

Node = Struct.new(:request, :next)
$jobs = Queue.new

LEAKS = {
  "handlers" => ->(n) { Request.new(n).then { |request| Bus::INSTANCE.subscribe(:request) { request } } },
  "cache" => ->(n) { Cache.fetch("order:#{n}") { Request.new(n) } },
  "memo" => ->(n) { Memo.of(Request.new(n)) },
  "queue" => ->(n) { $jobs << Request.new(n) },
  "list" => ->(n) { $list = Node.new(Request.new(n), $list) },
  "thread" => ->(n) { (Thread.main[:seen] ||= []) << Request.new(n) },
  "shared" => ->(n) { Request.new(n).then { |request| [$one ||= [], $two ||= []].each { |list| list << request } } },
  "threads" => ->(n) { ($threads ||= []) << Thread.new { Request.new(n) }.tap(&:join) if n < 200 },
  "files" => ->(n) { ($files ||= []) << File.open(__FILE__).tap(&:close).tap { |file| file.instance_variable_set(:@request, Request.new(n)) } },
  "fibers" => ->(n) { ($fibers ||= []) << Fiber.new { Request.new(n) }.tap(&:resume).tap { |fiber| fiber.instance_variable_set(:@request, Request.new(n)) } if n < 500 }
}.freeze

def leak(numbers)
  Thread.new { numbers.each(&LEAKS.fetch(ARGV.fetch(0))) && nil }.join
end

# A collection leaves words on the machine stack that look like references to
# what it marked last, and one in the middle of a list takes the rest of it.
def overwrite_stack
  Array.new(300).inject([]) { |list, _| [list] }.inspect
end

leak(0...3000)
overwrite_stack
HeapDump.dump("dump.json")
leak(3000...4000)
# Now and then one of them moves nothing.
20.times { GC.compact if GC.stat(:compact_count).zero? } if ARGV[1]
overwrite_stack
HeapDump.dump("dump2.json")
