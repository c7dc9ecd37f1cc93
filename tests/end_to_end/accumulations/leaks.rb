# frozen_string_literal: true

PROGRAMS = {}

class Order
  def initialize(number)
    @lines = Array.new(20) { |line| "order #{number}, line #{line}" }
  end
end

# Each request leaves a finalizer on the middleware, which lives on.
class Metering
  def call(number)
    entry = Order.new(number)
    ObjectSpace.define_finalizer(self, proc { entry })
  end
end
METERING = Metering.new
PROGRAMS["finalizers"] = -> { 600.times { |number| METERING.call(number) } }

# One list for each worker thread, which nothing empties.
PROGRAMS["thread_locals"] = lambda do
  jobs = Queue.new
  Array.new(8) do
    Thread.new do
      Thread.current[:spans] = []
      while (number = jobs.pop)
        Thread.current[:spans] << Order.new(number)
      end
    end
  end
  1600.times { |number| jobs << number }
  sleep 0.05 until jobs.empty?
end

# Each reload leaves the old class behind, held by a session.
SESSIONS = {}
PROGRAMS["old_classes"] = lambda do
  50.times do |number|
    Object.send(:remove_const, :Basket) if Object.const_defined?(:Basket)
    rows = Array.new(200) { |row| "row #{number} #{row}" }
    Object.const_set(:Basket, Class.new { const_set(:ROWS, rows) })
    SESSIONS["session-#{number}"] = Basket.new
  end
end

# Templates are compiled to methods, one for each text.
class Page; end
PROGRAMS["methods"] = lambda do
  400.times do |number|
    Page.class_eval("def page_#{number}(a)\n#{"  a.to_s.strip\n" * 40}end", "pages/p#{number}.erb", 1)
  end
end

# A cache by tenant, whose arrays only grow.
class Journal
  ENTRIES = Hash.new { |hash, key| hash[key] = [] }

  def self.add(tenant, order) = ENTRIES[tenant] << order
end
PROGRAMS["tenants"] = -> { 2000.times { |number| Journal.add("tenant-#{number % 100}", Order.new(number)) } }

# Errors are kept with the binding of the method that failed.
module Failures
  @seen = []

  def self.note(context) = @seen << context
end
def fail_with(number)
  order = Order.new(number)
  Failures.note(binding)
  order.nil?
end
PROGRAMS["bindings"] = -> { 600.times { |number| fail_with(number) } }

# Nobody reads these enumerators to their end.
class Feed
  def initialize = @open = {}

  def peek(number)
    pages = Enumerator.new { |yielder| loop { yielder << Order.new(number) } }
    pages.next
    @open["feed-#{number}"] = pages
  end
end
FEED = Feed.new
PROGRAMS["enumerators"] = -> { 150.times { |number| FEED.peek(number) } }

# A subscription for each request.
module Events
  @subscribers = Hash.new { |hash, key| hash[key] = [] }

  def self.on(event, &block) = @subscribers[event] << block
end
def answer(number)
  order = Order.new(number)
  Events.on(:done) { order }
end
PROGRAMS["subscribers"] = -> { 700.times { |number| answer(number) } }

# A class for each tenant, with a name of its own.
module Tenants
  def self.add(number)
    rows = Array.new(20) { |row| "tenant #{number}, row #{row}" }
    const_set("Tenant#{number}", Class.new { const_set(:ROWS, rows) })
  end
end
PROGRAMS["numbered_classes"] = -> { 300.times { |number| Tenants.add(number) } }

# A thread local for each job, in the threads of a pool.
PROGRAMS["numbered_locals"] = lambda do
  jobs = Queue.new
  Array.new(4) do
    Thread.new do
      while (number = jobs.pop)
        Thread.current["job_#{number}"] = Order.new(number)
      end
    end
  end
  1600.times { |number| jobs << number }
  sleep 0.05 until jobs.empty? && jobs.num_waiting == 4
end

# Each step holds the one before it.
module Undo
  Step = Struct.new(:text, :before)
  @last = nil

  def self.record(text) = @last = Step.new(text, @last)
end
PROGRAMS["steps"] = -> { 4000.times { |number| Undo.record("step #{number} " * 10) } }
