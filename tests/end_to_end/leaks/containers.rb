# frozen_string_literal: true

# Leaks in containers, and objects that only look like leaks: what is held by
# nothing but weak references.
require "delegate"
require "ostruct"
require "set"
require "weakref"
require_relative "leak"

Key = Struct.new(:number)

def default_proc_of(request)
  $defaults = Hash.new { |_, key| [key, request] }
end

plant do
  $list = [nil, 1, Leak.new(:array)]
  $by_symbol = { request: Leak.new(:hash_symbol_key) }
  $by_string = { "user 7" => Leak.new(:hash_string_key) }
  $by_object = { Key.new(7) => Leak.new(:hash_object_key) }
  $by_integer = { 42 => Leak.new(:hash_integer_key) }
  $large = (0...40).to_h { |n| [n, nil] }
  $large[17] = Leak.new(:large_hash)
  $keys = { Leak.new(:hash_key) => 1 }
  $identity = {}.compare_by_identity
  $identity[String.new("same")] = Leak.new(:identity_hash)
  $identity_keys = { Leak.new(:identity_key) => true }.compare_by_identity
  default_proc_of(Leak.new(:default_proc))
  $default = Hash.new(Leak.new(:default))
  $set = Set[Leak.new(:set)]
  $nested = { users: [{ "name" => [Leak.new(:nested)] }] }
  $open = OpenStruct.new(request: Leak.new(:open_struct))
  $delegate = SimpleDelegator.new(Leak.new(:delegate))
  $queue = Queue.new
  $queue << 1 << Leak.new(:queue)
  $sized_queue = SizedQueue.new(3)
  $sized_queue << Leak.new(:sized_queue)
  $range = ("a".."b").freeze
  $frozen = [[Leak.new(:frozen_array)].freeze].freeze
  $shared = Array.new(30) { |n| n == 20 ? Leak.new(:shared_array) : n }
  $tail = $shared.drop(10)
end

# No GC may come between these and the dump, or they are gone.
GC.start
GC.disable
$weak_map = ObjectSpace::WeakMap.new
plant do
  $weak_map["key".dup] = Leak.new(:weak_map)
  $weak_ref = WeakRef.new(Leak.new(:weak_ref))
  Leak.new(:garbage)
end

HeapDump.dump(ARGV.fetch(0), false)
