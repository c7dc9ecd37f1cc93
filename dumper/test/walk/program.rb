require "fiber"

# What test_names.rb finds in a dump of this program. Texts are made at run
# time, so that each is an object of its own; none is frozen.
module Shop
  class Base; end

  module Audit
    def total
      super
    end
  end

  class Order < Base
    prepend Audit if ENV["NEVER"]
    LABEL = "a #{'constant'}"
    autoload :Nowhere, "shop/nowhere"
    @@count = "class #{'variable'}"
    @registry = "of a #{'class'}"
    attr_reader :lines

    def self.build
      new
    end

    def initialize
      @lines = [1, :two, nil, false]
      @note = "note of an #{'order'}"
      @count = 3
      @ratio = 1.5
      @kind = :standing
      @none = nil
      @yes = true
    end

    def total
      1
    end
    alias sum total

    def attach(more) end
    define_method(:bound) { |more = 1| more }

    private

    def secret; end
  end

  class Audited
    def total; end
    prepend Audit
  end

  Item = Struct.new(:name, :price)
  Line = Struct.new(:name, :size, keyword_init: true)
end

class Worker
  def work(queue)
    in_thread = "held by a #{'sleeping thread'}"
    queue.pop
    in_thread
  end

  def self.stay(queue)
    queue.pop
  end

  def call_it(queue)
    [1].each { self.class.stay(queue) }
  end
end

def make_counter(start)
  label = "counter #{'label'}"
  step = lambda do |by|
    start += by
    label
  end
  step.call(1)
  inner = [1].map do
    inner_label = "inner #{'label'}"
    -> { [inner_label, label] }
  end
  [step, inner.first]
end

$order = Shop::Order.build
$order.total
$immediate = :immediate
$generic = "has a #{'variable'}"
$generic.instance_variable_set(:@generic, "of a #{'string'}")
$bus = { Shop::Order => 1, "text #{'key'}" => Shop::Item.new("pe#{'n'}", 1.5), :symbol => 2, 7 => 3 }
$with_default = Hash.new("text by #{'default'}")
$with_number = Hash.new(42)
$with_proc = Hash.new { |hash, key| hash[key] = key }
$keyword_struct = Shop::Line.new(name: 1, size: "of a #{'keyword'}")
$counter, $inner = make_counter(10)
$big = 2**80
$negative = -10**21
$float = 1.0e-300
$regexp = /re#{1}gex/
$match = "xab#{'c'}x".match(/abc/)
$method = $order.method(:total)
$io = File.open(__FILE__)
$closed_io = File.open(__FILE__).tap(&:close)
$queue_with_text = Queue.new
$queue_with_text << "queue#{'d'}"
$symbol = "dynamic #{'symbol'}".to_sym
$rational = 3/4r
$complex = 2i
$texts = ["\u00e4\u20ac\u{1F600}".dup, "\xff broken \\ \u00e4".dup, "\x80\x81".dup.force_encoding("BINARY"),
          "\0 \" \n \u007f".dup, "x" * 100_000, :"odd \"name\""]
$weak_map = ObjectSpace::WeakMap.new
$weak_map[$order] = $generic

$queue = Queue.new
$thread = Thread.new do
  Thread.current[:fiber_local] = "fiber local #{'text'}"
  Thread.current.thread_variable_set(:variable, "thread variable #{'text'}")
  Worker.new.work($queue)
end
$thread.name = "worker #{'thread'}"
$with_fiber = Thread.new do
  Fiber.current
  Thread.current[:of_its_fiber] = "local of a #{'fiber'}"
  Worker.new.work($queue)
end
$caller = Thread.new { Worker.new.call_it($queue) }
Thread.pass until [$thread, $with_fiber, $caller].all?(&:stop?)
$fiber = Fiber.new do
  in_fiber = "held by a #{'suspended fiber'}"
  Fiber.yield
  in_fiber
end
$fiber.resume
$ended_fiber = Fiber.new {}.tap(&:resume)
$new_fiber = Fiber.new {}
$external = Enumerator.new do |yielder|
  in_enumerator = "held by a #{'suspended enumerator'}"
  yielder << 1 << in_enumerator
end
$external.next
$lazy = (1..3).lazy.map { |x| x }
$ended = Thread.new { "value of a #{'thread'}" }
$ended.join
$handler = proc {}
trap(:USR2, $handler)
$at_end = proc {}
trap(:EXIT, $at_end)
$with_finalizer = Shop::Order.build
$finalizer = proc {}
ObjectSpace.define_finalizer($with_finalizer, $finalizer)

HeapDump.dump
