# frozen_string_literal: true

# Leaks under names that somebody wrote: globals, constants, variables of
# objects and classes.
require_relative "leak"

class Part
  attr_writer :inner

  def initialize(inner)
    @inner = inner
  end
end

module Shop
  module Stock; end
end

class Registry
  def self.keep(last, all)
    @last = last
    @@all = all
  end
end

Order = Struct.new(:number, :customer)

plant do
  $leak = Leak.new(:global)
  Object.const_set(:LEAKY, Leak.new(:constant))
  Shop::Stock.const_set(:CACHE, Leak.new(:nested_constant))
  Registry.keep(Leak.new(:class_ivar), Leak.new(:class_variable))
  Comparable.instance_variable_set(:@cache, Leak.new(:module_ivar))
  $chain = Part.new(Part.new(Part.new(Leak.new(:ivar_chain))))
  $order = Order.new(7, Leak.new(:struct_member))
  $text = String.new("a text with an owner")
  $text.instance_variable_set(:@owner, Leak.new(:generic_ivar))
  $single = Object.new
  $single.singleton_class.instance_variable_set(:@last, Leak.new(:singleton_class_ivar))
  $error = begin
    raise "kept"
  rescue StandardError => e
    e.instance_variable_set(:@request, Leak.new(:exception_ivar))
    e
  end
  ring = Part.new(nil)
  ring.inner = Part.new(ring)
  ring.instance_variable_set(:@leak, Leak.new(:cycle))
  $ring = ring
end

dump
