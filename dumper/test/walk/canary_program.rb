# frozen_string_literal: true

# A program full of data that must not leave it in clear, for test_canaries.rb.
# Each canary is put together while the program runs, so that no source file
# contains it. Writes one dump for each mode of `strings`, and prints the
# canaries as JSON.

require "json"
require "ostruct"
require "set"
require "stringio"
require "objspace"
require_relative "kept_in_clear"

TEXTS = []
NUMBERS = []

# A text that is valid as a name.
def text(place)
  TEXTS << +"canary_#{place}_#{Process.pid}x"
  TEXTS.last.dup
end

def symbol(place)
  text(place).to_sym
end

def constant(place)
  text(place).tap { TEXTS.last.capitalize! }.capitalize
end

# Numbers whose digits are in no file.
def integer(sign = 1)
  NUMBERS << (4_111_000_000_000 + NUMBERS.size * 1_000_003 + Process.pid).to_s
  sign * NUMBERS.last.to_i
end

def bignum
  NUMBERS << ("8675309" * 5 + NUMBERS.size.to_s)
  NUMBERS.last.to_i
end

def float(scale = 1.0)
  ((8_675_309.015625 + NUMBERS.size) * scale).tap { |number| NUMBERS << number.to_s }
end

ObjectSpace.trace_object_allocations_start

# --- Strings, symbols, regexps ---
$string = text(:string)
$interned = -text(:interned)
$binary = "\xff\xfe".b + text(:binary).b
$wide = text(:utf16).encode("UTF-16LE")
$shared = (text(:shared) * 8)[3..-1]
$long = text(:long) * 1000
$symbols = [symbol(:dynamic_symbol), eval(":#{text(:literal_symbol)}"), :"#{text(:odd_symbol)} with spaces"]
$regexp = Regexp.new(text(:regexp))
$match = text(:match).match(/a(n)/)
$stringio = StringIO.new(text(:stringio))
$literals = eval("[:#{text(:symbol_in_literal)}, '#{text(:string_in_literal)}', /#{text(:regexp_in_literal)}/, " \
                 "{ #{text(:label_in_literal)}: 1, '#{text(:quoted_label)}': 2 }]")

# --- Collections ---
$hash = { text(:hash_key) => text(:hash_value), symbol(:symbol_key) => 1, eval(":#{text(:static_key)}") => 2 }
$label = eval("{ #{text(:label)}: 1 }")
$default = Hash.new(text(:default))
$identity = {}.compare_by_identity.tap { |hash| hash[symbol(:identity_key)] = 1 }
$array = [text(:element)]
$set = Set[text(:set_member), symbol(:set_symbol)]
$queue = Queue.new.tap { |queue| queue << text(:queued) }
$enumerator = [text(:enumerated)].each.tap(&:next)
$weak = ObjectSpace::WeakMap.new.tap { |map| map[$string] = text(:weak_value).tap { |value| $array << value } }

# --- Objects, structs, exceptions ---
class Holder; end
$object = Holder.new
$object.instance_variable_set("@#{text(:variable)}", text(:variable_value))
$object.instance_variable_set("@#{symbol(:variable_by_symbol)}", 1)
$generic = +"generic"
$generic.instance_variable_set("@#{text(:generic_variable)}", 1)
$struct = Struct.new(symbol(:member), eval(":#{text(:static_member)}")).new(text(:member_value), 1)
$keyword_struct = Struct.new(symbol(:keyword_member), keyword_init: true).new
$ostruct = OpenStruct.new(text(:ostruct_key) => text(:ostruct_value), symbol(:ostruct_symbol) => 1)
$error = RuntimeError.new(text(:message))
$no_method = (Object.new.public_send(symbol(:no_method)) rescue $!)
$key_error = ({}.fetch(text(:key_error)) rescue $!)
$name_error = (Object.const_get(constant(:name_error)) rescue $!)

# --- Classes, constants, methods ---
Object.const_set(constant(:constant), text(:constant_value))
Object.const_set(constant(:class_name), Class.new)
Holder.const_set(constant(:nested_class), Class.new { const_set(constant(:twice_nested), Class.new) })
$made = Class.new
$made.class_variable_set("@@#{text(:class_variable)}", text(:class_variable_value))
$made.instance_variable_set("@#{text(:variable_of_class)}", 1)
$made.define_method(symbol(:defined_method)) { Fiber.yield }
$made.define_method("#{text(:defined_by_string)}=") { |value| value }
$made.define_singleton_method(symbol(:singleton_method)) {}
$made.send(:attr_accessor, symbol(:attribute))
$made.send(:alias_method, symbol(:alias), :object_id)
$made.send(:undef_method, $made.send(:define_method, symbol(:undefined)) {})
$made.class_eval("def #{text(:evaluated_method)}; #{text(:evaluated_local)} = 1; Fiber.yield; end", __FILE__, 1)
$made.class_eval("def keywords(#{text(:keyword)}: 1, **#{text(:rest)}); end")
$made.class_eval("def assigns; @#{text(:evaluated_variable)} = 1; end")
$made.new.assigns
$made.set_temporary_name("made of #{text(:temporary_name)}") if $made.respond_to?(:set_temporary_name)
$method = $made.new.method(TEXTS.grep(/defined_method/).first)
$refinement = Module.new.tap { |made| made.module_eval("refine(Holder) { def #{text(:refined)}; end }") }
eval("class #{constant(:evaluated_class)}; def call; end; end")
$singleton = Object.new.tap { |object| object.define_singleton_method(symbol(:of_object)) {} }

# --- Code, frames, locals ---
eval("$#{text(:global)} = Object.new")
eval("EVALUATED = proc {}", TOPLEVEL_BINDING, "/#{text(:file_of_eval)}.rb", 1)
$iseq = RubyVM::InstructionSequence.compile("1", text(:iseq_path), text(:iseq_label))
$object_of_eval = eval("Object.new", binding, "/srv/#{text(:traced_file)}.rb", 7)

def closures
  secret = text(:captured)
  scope = binding
  scope.local_variable_set(text(:local_of_binding), 1)
  [proc { secret }, scope]
end
$closures = closures
$fiber = Fiber.new { inside = text(:local_of_fiber); Fiber.yield; inside }.tap(&:resume)
$in_method = Fiber.new { $made.new.public_send(TEXTS.grep(/defined_method/).first) }.tap(&:resume)
$in_eval = Fiber.new { $made.new.public_send(TEXTS.grep(/evaluated_method/).first) }.tap(&:resume)
$operand = Fiber.new { [text(:operand), Fiber.yield] }.tap(&:resume)

# --- Threads, Ractors, the system ---
$thread = Thread.new do
  Thread.current.name = text(:thread_name)
  Thread.current[symbol(:thread_key)] = text(:thread_value)
  Thread.current[text(:thread_string_key)] = integer
  Thread.current.thread_variable_set(symbol(:variable_of_thread), text(:variable_of_thread_value))
  sleep
end
Thread.pass until $thread.stop?
$ended = Thread.new { text(:value_of_thread) }.tap(&:join)
Ractor.current[symbol(:ractor_key)] = text(:ractor_value) if defined?(Ractor)
ENV[text(:environment_name)] = text(:environment_value)
$environment = ENV.to_h
$0 = text(:title)
$title = $0.dup
$file = File.open(text(:open_file), "w+")
Dir.mkdir(text(:open_folder))
$folder = Dir.open(TEXTS.last)
trap("USR1") { text(:trap) }
at_exit { $string }
if Encoding.const_get(:UTF_8).respond_to?(:replicate)
  $encoded = (+"a").force_encoding(Encoding::UTF_8.replicate(text(:encoding)))
end

# --- Numbers ---
$numbers = [integer, integer(-1), 2**31 + integer, bignum, -bignum, float, float(-1), float(1e-300), float(1e300)]
NUMBERS << ($numbers[2]).to_s
$number_keys = { integer => integer, float => float }
$rational = Rational(integer, 7)
$complex = Complex(integer, float)
$range = (integer..integer)
$number_struct = Struct.new(:number).new(integer)
$number_object = Holder.new.tap { |object| object.instance_variable_set(:@number, integer) }
$number_default = Hash.new(integer)
$number_literals = eval("[#{integer}, #{float}, { 1 => #{integer} }]")
$number_proc = integer.then { |number| proc { number } }
Holder.const_set(:NUMBER, integer)
$number_global = integer
$number_lock = Thread::Mutex.new

modes = ARGV.map(&:to_sym)
modes.each { |mode| HeapDump.dump("#{mode}.json", strings: mode) }
puts JSON.generate("texts" => TEXTS, "numbers" => NUMBERS)
