# frozen_string_literal: true

require "json"

# A dump as the tests look at it: records with their continuations joined, and
# the references of each record by the rules of docs/reference/format.md.
class Dump
  # Keys whose integers are counts, not references.
  COUNTS = %w[id of from size slot_size line generation length capacity fd arity].freeze

  attr_reader :header, :ending, :roots, :objects

  # roots: {category => value}; objects: {address => record}.
  def initialize(path)
    @objects = {}
    @roots = {}
    @weak_categories = []
    @references = {}
    File.foreach(path, encoding: "UTF-8") { |line| take(JSON.parse(line.sub(/\A[,\[]/, "").sub(/\]\n?\z/, ""))) }
  end

  def [](address)
    @objects[address]
  end

  # What the GC marks through an object, the class among it.
  def references(address)
    @references.fetch(address, [])
  end

  # References of the roots that the GC marks.
  def root_references
    found = []
    @roots.each { |category, value| collect(value, found) unless @weak_categories.include?(category) }
    found
  end

  # Addresses that the strong edges lead to from the roots.
  def reachable
    seen = {}
    waiting = root_references
    until waiting.empty?
      address = waiting.pop
      next if seen[address] || !@objects.key?(address)

      seen[address] = true
      waiting.concat(references(address))
    end
    seen
  end

  # One line about an object, for messages.
  def describe(address)
    record = @objects[address]
    return "#{address} (not in the dump)" unless record

    shown = record.reject { |key, _| %w[refs weak val frames methods consts literals].include?(key) }
    JSON.generate(shown)[0, 240]
  end

  # Values of a name map in either of its forms.
  def self.name_map(map)
    map.is_a?(Array) ? map.to_h : map
  end

  private

  def take(record)
    case record["id"]
    when "_HEADER_" then @header = record
    when "_END_" then @ending = record
    when /\A_ROOTS_/ then take_roots(record)
    when Integer then take_object(record["id"], record, record)
    else take_object(record["of"], record, nil) if record["of"].is_a?(Integer)
    end
  end

  def take_roots(record)
    @weak_categories |= record.fetch("weak_categories", [])
    record.each do |category, value|
      next if %w[id of from weak_categories].include?(category)

      value = Dump.name_map(value) if value.is_a?(Array) && value.first.is_a?(Array)
      known = @roots[category]
      @roots[category] = known ? join(known, value) : value
    end
  end

  def take_object(address, record, whole)
    @objects[address] = whole if whole
    found = @references[address] ||= []
    record.each { |key, value| collect(value, found) unless COUNTS.include?(key) || key == "weak" }
  end

  def join(known, more)
    known.is_a?(Hash) ? known.merge(more) : known + more
  end

  def collect(value, found)
    case value
    when Integer then found << value
    when Array then value.each { |each| collect(each, found) }
    when Hash
      value.each { |key, each| collect(each, found) unless COUNTS.include?(key) || key == "weak" }
    end
  end
end
