# frozen_string_literal: true

require_relative "../capture/capture_helper"

# Whatever bytes a program has in its texts and names, of whatever encoding:
# each line of its dump is JSON in UTF-8.
class TestAnyBytes < Minitest::Test
  include TakeHelper

  PROGRAM = <<~'RUBY'
    random = Random.new(Integer(ARGV.first))
    pick = ->(list) { list[random.rand(list.size)] }
    some = [0, 1, 0x22, 0x5c, 0x7f, 0xff, 0xc0, 0xe2, 0xed, 0xa0, 0xf4, 0x90]
    bytes = lambda do |most = 40|
      Array.new(random.rand(most)) { random.rand < 0.7 ? pick[some] : random.rand(256) }.pack("C*")
    end
    encodings = Encoding.list
    name = lambda do |prefix|
      text = "#{prefix}n".b + bytes[12].delete("\0@$ =?!()")
      text.force_encoding(pick[[Encoding::UTF_8, Encoding::BINARY, Encoding::EUC_JP, Encoding::ISO_8859_1]])
    end
    $kept = []
    # What Ruby refuses is not there to be dumped.
    keep = lambda do |&make|
      $kept << make.call
    rescue EncodingError, ArgumentError, NameError, RegexpError, SyntaxError, SystemCallError
      nil
    end
    100.times do
      3.times { keep.call { bytes[60].force_encoding(pick[encodings]) } }
      keep.call { bytes[20].force_encoding(pick[encodings]).to_sym }
      keep.call { { bytes[].force_encoding("UTF-8") => 1, bytes[].force_encoding("UTF-16LE") => :x } }
      keep.call { Object.new.tap { |object| object.instance_variable_set(name["@"], 1.0 / 0) } }
      keep.call { Class.new.tap { |made| made.const_set(name["K"], made) } }
      keep.call { Class.new.tap { |made| made.class_variable_set(name["@@"], -0.0) } }
      keep.call { made = Class.new; method = bytes[].to_sym; made.send(:define_method, method) {}; made.new.method(method) }
      keep.call { Class.new.tap { |made| made.set_temporary_name("made #{bytes[]}") }.new }
      keep.call { Struct.new(name[""].to_sym).new("member") }
      keep.call { Regexp.new(Regexp.escape(bytes[].force_encoding(pick[[Encoding::BINARY, Encoding::UTF_8]]))) }
      keep.call { eval("x = 1; proc { x }", binding, bytes[].delete("\0")) }
      keep.call { RubyVM::InstructionSequence.compile("1", bytes[].delete("\0"), bytes[].delete("\0")) }
      keep.call { (random.rand(2**300) - 2**299) * (10**random.rand(400)) }
      keep.call { [Float::NAN, -Float::INFINITY, -0.0, 5e-324, Float::MAX, 2.0**random.rand(1000)] }
    end
    $threads = Array.new(3) do
      local = name[""]
      thread = Thread.new { Thread.stop }
      keep.call { thread[local.to_sym] = local }
      keep.call { thread.thread_variable_set(bytes[].to_sym, local) }
      keep.call { thread.name = bytes[].delete("\0").force_encoding("UTF-8") }
      thread
    end
    files = Array.new(5) { keep.call { File.open(bytes[12].delete("\0/") + "x", "w") } }
    %i[full truncate hash].each { |strings| HeapDump.dump("#{strings}.json", strings: strings, truncate: random.rand(8)) }
    print $kept.size
  RUBY

  def test_any_bytes_make_json
    seed = Integer(ENV.fetch("SEED", rand(1 << 30)))
    kept = ruby(PROGRAM, seed)
    assert_operator kept.to_i, :>, 500, "SEED=#{seed}"
    %w[full truncate hash].each { |strings| assert_whole("#{strings}.json") }
  rescue Minitest::Assertion, JSON::ParserError => e
    raise e.class, "SEED=#{seed}: #{e.message[0, 2000]}"
  end
end
