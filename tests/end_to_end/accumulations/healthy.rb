# frozen_string_literal: true

require "set"

PROGRAMS["idle"] = -> {}

# A pool of threads that wait for work.
PROGRAMS["pool"] = lambda do
  jobs = Queue.new
  Array.new(16) { Thread.new { jobs.pop } }
  sleep 0.1
end

# A batch in the middle of its work: everything is in locals.
PROGRAMS["batch"] = lambda do
  $stdout.sync = true
  rows = Array.new(5000) { |number| { id: number, text: "row #{number} " * 5 } }
  sums = rows.group_by { |row| row[:id] % 10 }
  sums.each_value(&:size)
end

# Tables that are read when the program starts.
class Countries
  CODES = Array.new(3000) { |number| "country #{number}" }.freeze
  BY_NAME = CODES.to_h { |name| [name, name.size] }.freeze
end
PROGRAMS["tables"] = -> { Countries::CODES.size }

# A cache that drops the oldest entry.
class Recent
  def initialize(max)
    @max = max
    @entries = {}
  end

  def put(key, value)
    @entries.shift if @entries.size >= @max
    @entries[key] = value
  end
end
RECENT = Recent.new(500)
PROGRAMS["bounded"] = -> { 3000.times { |number| RECENT.put("key #{number}", "value #{number} " * 10) } }

# Ships come and go.
class Harbour
  def initialize = @ships = {}

  def enter(number) = @ships[number] = "ship #{number} " * 40

  def leave(number) = @ships.delete(number)
end
HARBOUR = Harbour.new
PROGRAMS["visitors"] = lambda do
  2000.times do |number|
    HARBOUR.enter("ship #{number}")
    HARBOUR.leave("ship #{number - 700}")
  end
end

# Routes that a loop declares in a file that is required.
class Router
  @routes = {}

  class << self
    def get(path, &block) = @routes[path] = { path: path, block: block }

    def call(path) = @routes.fetch(path)[:block].call
  end
end
PROGRAMS["routes"] = lambda do
  400.times { |number| Router.get("/page/#{number}") { "page #{number}" } }
  200.times { |number| Router.call("/page/#{number}") }
end

# A collection of a fixed size that new samples overwrite.
class Ring
  def initialize(size)
    @slots = Array.new(size)
    @next = 0
  end

  def add(sample)
    @slots[@next % @slots.size] = sample
    @next += 1
  end
end
RING = Ring.new(1500)
PROGRAMS["ring"] = -> { 6000.times { |number| RING.add("sample #{number} " * 10) } }

# Values for all pairs of a few names.
class Rates
  NAMES = %i[eur usd gbp jpy chf sek nok dkk pln czk huf ron bgn isk try aud nzd cad mxn brl].freeze
  Rate = Struct.new(:from, :to, :note)

  def initialize = @rates = {}

  def rate(from, to) = @rates[[from, to]] ||= Rate.new(from, to, "from #{from} to #{to} " * 10)
end
RATES = Rates.new
PROGRAMS["pairs"] = -> { Rates::NAMES.product(Rates::NAMES) { |from, to| RATES.rate(from, to) } }

# A table that a method fills when the program starts, and others read.
class Gazetteer
  Town = Struct.new(:name, :zip)
  @towns = {}

  class << self
    def load!(count) = count.times { |number| insert(Town.new("Town #{number}", "zip #{number}")) }

    def insert(town) = @towns[town.zip] = town

    def find(zip) = @towns[zip]
  end
end
PROGRAMS["preloaded"] = lambda do
  Gazetteer.load!(3000)
  1000.times { |number| Gazetteer.find("zip #{number}") }
end

# A few settings in each of a few sections.
class Section
  def initialize = @settings = {}

  def set(key, value) = @settings[key] = value
end
SECTIONS = Array.new(30) { Section.new }
PROGRAMS["sections"] = lambda do
  SECTIONS.each { |section| 40.times { |number| section.set("key #{number}", "value #{number} " * 10) } }
end
