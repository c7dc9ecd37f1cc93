# frozen_string_literal: true

# Measures the cost of the leak detector in a Rack application. Child Rubies serve
# the same requests in a Sinatra application without sockets: without the gem, with
# the gem, and with heap_dump/watch, in turns.
#
#     ruby bench/ruby/leak_detector_cost.rb [rounds, default 7] [requests, default 6000]
#
# Also: the time for one HeapDump.watch, and the pause of a major collection
# with 20,000 watched objects alive against without.

require "rbconfig"

LIB = File.expand_path("../../dumper/lib", __dir__)
ROUNDS = Integer(ARGV.fetch(0, "7"))
REQUESTS = Integer(ARGV.fetch(1, "6000"))
KINDS = {
  "without the gem" => [],
  "gem loaded" => ["-rheap_dump"],
  "detector on" => ["-rheap_dump/watch"]
}.freeze

# CPU and wall time, resident bytes, time in collections, longest request.
WORK = <<~RUBY
  ENV["RACK_ENV"] = "production"
  require "sinatra/base"
  require "json"
  class App < Sinatra::Base
    set :logging, false
    get("/items/:id") { JSON.generate(Array.new(20) { |i| { id: i, name: "item \#{params[:id]}", price: i * 3 } }) }
  end
  app = Rack::Builder.app { run App }
  request = ->(n) { app.call(Rack::MockRequest.env_for("/items/\#{n % 50}")) }
  500.times(&request)
  GC.start
  clock = ->(id) { Process.clock_gettime(id) }
  gc = GC.stat(:time) rescue 0
  cpu = clock.(Process::CLOCK_PROCESS_CPUTIME_ID)
  longest = 0
  #{REQUESTS}.times do |n|
    began = clock.(Process::CLOCK_MONOTONIC)
    request.(n)
    took = clock.(Process::CLOCK_MONOTONIC) - began
    longest = took if took > longest
  end
  print clock.(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu, " ", File.read("/proc/self/statm").split[1].to_i * 4096, " ",
        (GC.stat(:time) rescue 0) - gc, " ", longest * 1e3
RUBY

MICRO = <<~RUBY
  class Thing; end
  nanoseconds = lambda do |&block|
    GC.start
    began = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    200_000.times(&block)
    GC.start
    (Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - began) * 1e9 / 200_000
  end
  ms = -> { began = Process.clock_gettime(Process::CLOCK_MONOTONIC); GC.start; (Process.clock_gettime(Process::CLOCK_MONOTONIC) - began) * 1e3 }
  plain = nanoseconds.call { Thing.new }
  watch = nanoseconds.call { HeapDump.watch(Thing.new, "gone") }
  kept = Array.new(20_000) { Thing.new }
  before = Array.new(5) { ms.call }
  kept.each { |thing| HeapDump.watch(thing, "gone") }
  print watch - plain, " ", before.min, " ", Array.new(5) { ms.call }.min
RUBY

def run(options, work)
  IO.popen({ "HEAP_DUMP_LEAKS_THRESHOLD" => "1000000" }, [RbConfig.ruby, "-W0", "-I#{LIB}", *options, "-e", work], &:read)
    .split.map(&:to_f)
end

results = KINDS.transform_values { [] }
ROUNDS.times { KINDS.each { |name, options| results[name] << run(options, WORK) } }
median = ->(values) { values.sort[values.size / 2] }
puts "#{RUBY_DESCRIPTION}\n#{REQUESTS} requests, #{ROUNDS} rounds; medians\n"
puts format("%-18s %8s %8s %14s %10s %18s", "", "CPU s", "best", "resident MB", "GC ms", "longest request ms")
results.each do |name, rows|
  columns = rows.transpose
  puts format("%-18s %8.3f %8.3f %14.1f %10.0f %18.1f", name, median.(columns[0]), columns[0].min,
              median.(columns[1]) / 1e6, median.(columns[2]), median.(columns[3]))
end
watch, before, with = run(["-rheap_dump/leak_detector"], MICRO)
puts format("HeapDump.watch: %.0f ns for an object that dies; a major collection: %.1f ms, %.1f ms with 20,000 watched objects",
            watch, before, with)
