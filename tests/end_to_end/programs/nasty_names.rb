# frozen_string_literal: true

# A heap of names and values that trouble document databases.
require "heap_dump"

class Nasty
  define_method("$dollar") { 1 }
  define_method("dot.ted") { 1 }
  define_method("") { 1 }
  define_method("a\0b") { 1 }
  define_method("_id") { 1 }
  class_variable_set(:@@id, 1)

  def initialize
    instance_variable_set(:@id, 1)
    instance_variable_set(:@_id, "mine")
    instance_variable_set(:"@ünï", "ü")
  end
end

Members = Struct.new(:id, :"$dollar", :"dot.ted", :"a\0b", :_id)
$, = nil
$nasty = [
  Nasty.new,
  Members.new(1, 2, 3, 4, 5),
  { "$dollar" => 1, "dot.ted" => 2, "" => 3, "a\0b" => 4, "_id" => 5, "id" => 6, :"$set" => 7, :"a.b" => 8, nil => 9 },
  ["\xff\xfe broken", "nul \0 inside", "line\nbreak\r\n", "\u2028 \u{1f600}", "a\\b\"c", "\e[31mred"],
  "\xe3\x81\x93".dup.force_encoding("Shift_JIS"), "\xff" * 100, "x\0" * 10,
  :"$symbol", :"sym.bol", "日本".encode("UTF-16LE"), 2**80, 1.0 / 0, 0.0 / 0, -0.0, 2**62
]
$large = Array.new(1_200_000) { |n| n }
$long = "é" * 9_000_000
locals = binding
locals.local_variable_set(:ünï, 1)
$locals = locals
Thread.current[:"$dollar"] = 1
Thread.current.thread_variable_set("dot.ted", 2)

HeapDump.dump(ARGV.fetch(0))
