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
