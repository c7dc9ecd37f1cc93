# frozen_string_literal: true

# What ObjectSpace.dump_all says of a heap: {address => [references]}. Lines
# are not parsed as JSON, which those of older Rubies are not always; within a
# JSON text the quotes of these patterns can't occur.
class DumpAll
  ADDRESS = /\{"address":"0x(\h+)"/.freeze
  REFERENCES = /"references":\[([^\]]*)\]/.freeze
  CLASS = /"class":"0x(\h+)"/.freeze
  TYPE = /"type":"(\w+)"/.freeze

  attr_reader :edges, :roots, :types

  def initialize(path)
    @edges = {}
    @types = {}
    @roots = []
    File.foreach(path, encoding: "BINARY") { |line| take(line) }
  end

  private

  def take(line)
    references = line[REFERENCES, 1].to_s.scan(/0x(\h+)/).map { |(digits)| digits.hex }
    address = line[ADDRESS, 1]
    type = line[TYPE, 1]
    return if type == "SHAPE" # describes objects, is none

    if address
      # The class of an IMEMO is noise; that of others is left out of the list.
      references << line[CLASS, 1].hex if type != "IMEMO" && line[CLASS, 1]
      @edges[address.hex] = references
      @types[address.hex] = type
    elsif line.include?('"root":')
      @roots.concat(references)
    end
  end
end
