# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# `strings:`, for dumps that leave the building: what the program's data says
# stays out; what its code says, the names, stays in.
class TestPolicies < Minitest::Test
  include TakeHelper

  # "secret" is put together while it runs, so that no literal holds it.
  PROGRAM = <<~'RUBY'
    secret = %w[t o p s e c r e t].join
    $short = "#{secret} short"
    $again = "#{secret} short"
    $other = "#{secret} other"
    $long = "#{secret} long " * 100_000
    $broken = "\xff#{secret}".b
    $empty = ""
    $symbol = "#{secret} symbol".to_sym
    $hash = { "#{secret} key" => "#{secret} value", "#{secret} symbol key".to_sym => 1 }
    $regexp = Regexp.new("#{secret} regexp")
    $match = $regexp.match("... #{secret} regexp ...")
    $error = RuntimeError.new("#{secret} message")
    $prime = ("7" * 40).to_i
    $in_proc = -> { secret }
    $fiber = Fiber.new { inside = "#{secret} in a fiber"; Fiber.yield; inside }
    $fiber.resume
    $queue = Queue.new
    $queue << "#{secret} in a queue"
    $plain = [:written_in_code, 42]
    class Shop; def initialize; @note = nil; end; end
    $shop = Shop.new
    Thread.current.thread_variable_set(:variable, "#{secret} of a thread")
    Thread.current.name = "#{secret} name"
    $made = Class.new { def call; Fiber.yield; end; def self.finalizer; proc {}; end }
    $made.set_temporary_name("made of #{secret}") if $made.respond_to?(:set_temporary_name)
    $made.const_set(:Part, Class.new)
    $call = Fiber.new { $made.new.call }
    $call.resume
    ObjectSpace.define_finalizer($made.new.tap { |made| $kept = made }, $made.finalizer)
    require "stringio"
    $io = StringIO.new("#{secret} in memory")
    strings = ARGV.first.to_sym
  RUBY

  def dump(strings, more = "")
    # In a file: what stays in clear is what source files contain.
    File.write(path("program.rb"), "#{PROGRAM}#{more}\nHeapDump.dump(strings: strings)")
    ruby("load 'program.rb'", strings)
    text = File.binread(path)
    dump = Dump.new(path)
    assert_equal strings.to_s, dump.header["strings"]
    [text, dump]
  end

  def test_none_and_hash_keep_all_data_out
    %i[none hash].each do |strings|
      text, dump = dump(strings)
      # All but the letters' own, which nobody can tell from the code's.
      refute_includes text, "topsecret", strings.to_s
      refute_includes text, "7" * 20, "#{strings}: digits of a key"
      bearers = dump.objects.values.select { |each| %w[T_STRING T_SYMBOL T_REGEXP T_BIGNUM T_FLOAT].include?(each["bt"]) }
      assert_empty bearers.select { |each| each.key?("val") }
      assert_empty bearers.reject { |each| each["length"].is_a?(Integer) || each["length"].nil? && each["bt"] == "T_REGEXP" }
    end
  end

  def test_names_of_the_code_stay
    %i[none hash].each do |strings|
      _, dump = dump(strings)
      assert_equal({ "@note" => nil }, global(dump, "$shop")["ivs"])
      assert_equal [":written_in_code", "42"], global(dump, "$plain")["val"]
      assert_equal "Shop", dump[global(dump, "$shop")["class"]]["name"]
      assert_includes dump.objects.values.filter_map { |each| each["name"] if each["bt"] == "T_CLASS" }, "File::Stat"
      env = dump[global(dump, "$in_proc")["env"]]
      assert_includes Dump.name_map(env["locals"]).keys, "secret"
    end
  end

  def test_names_that_the_program_made_up_are_shown_if_strings_are
    text, dump = dump(:full)
    thread = dump.objects.values.find { |each| each["type_name"] == "thread" }
    assert_equal "topsecret name", thread["name"]
    assert_includes text, %("name":"made of topsecret") if Class.method_defined?(:set_temporary_name)
    _, dump = dump(:hash)
    thread = dump.objects.values.find { |each| each["type_name"] == "thread" }
    assert_equal [nil, 14], [thread["name"], dump[thread["name_string"]]["length"]]
  end

  def test_none_shows_lengths_alone
    _, dump = dump(:none)
    assert_equal "topsecret short".bytesize, global(dump, "$short")["length"]
    assert_equal 0, global(dump, "$empty")["length"]
    assert_equal [nil], dump.objects.values.map { |each| each["hash"] }.uniq
  end

  def test_hash_shows_what_is_equal
    _, dump = dump(:hash)
    short, again, other = %w[$short $again $other].map { |name| global(dump, name)["hash"] }
    assert_match(/\A\h{16}\z/, short)
    assert_equal short, again
    refute_equal short, other
    first = short
    _, dump = dump(:hash)
    refute_equal first, global(dump, "$short")["hash"], "each dump has a key of its own"
  end

  def test_truncate_shows_the_beginning
    _, dump = dump(:truncate)
    short = global(dump, "$short")
    assert_equal ["topsecret short", 15, nil], short.values_at("val", "length", "truncated")
    assert_match(/\A\h{16}\z/, short["hash"])
    assert_equal short["hash"], global(dump, "$again")["hash"]
    long = global(dump, "$long")
    assert_equal [1024, 1_500_000, true], [long["val"].bytesize, long["length"], long["truncated"]]
    assert_match(/\A\h{16}\z/, long["hash"])
  end

  def test_truncate_to_another_length
    ruby("$long = 'x' * 5000; $short = 'y' * 10; HeapDump.dump(strings: :truncate, truncate: 16)")
    dump = Dump.new(path)
    assert_equal ["x" * 16, 5000, true], global(dump, "$long").values_at("val", "length", "truncated")
    assert_equal ["y" * 10, 10, nil], global(dump, "$short").values_at("val", "length", "truncated")
  end

  def test_truncate_cuts_no_character
    ruby(<<~'RUBY')
      $wide = "a" + "\u20ac" * 1000
      $bytes = "\xff" * 2000
      HeapDump.dump(strings: :truncate)
    RUBY
    dump = Dump.new(path)
    wide = global(dump, "$wide")
    assert_equal ["a#{"\u20ac" * 341}", 3001, true, nil], wide.values_at("val", "length", "truncated", "escaped")
    bytes = global(dump, "$bytes")
    assert_equal ["\\xFF" * 1024, 2000, true, true], bytes.values_at("val", "length", "truncated", "escaped")
  end

  private

  def global(dump, name)
    dump[Dump.name_map(dump.roots.fetch("globals")).fetch(name)]
  end
end
