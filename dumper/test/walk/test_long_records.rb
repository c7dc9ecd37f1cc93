# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# No record is longer than readers accept (8 MB; MongoDB takes 16): what is
# longer goes on in others, and joined they are the whole.
class TestLongRecords < Minitest::Test
  include TakeHelper

  LONGEST = 8 << 20

  def test_long_texts
    ruby(<<~'RUBY')
      $plain = "plain text " * 200_000
      $wide = "a" + "\u00e9\u20ac\u{1f600}" * 100_000
      $controls = "\u0001" * 1_500_000
      $broken = ("\xff\\ " * 400_000)
      $binary = ("\x00\x80\xff".b * 500_000)
      $symbol = ("s" * 2_000_000).to_sym
      $regexp = Regexp.new("r" * 2_000_000)
      $number = 1 << 16_000_000
      HeapDump.dump(gc: false)
    RUBY
    read
    assert_text "$plain", "plain text " * 200_000
    assert_text "$wide", "a#{"\u00e9\u20ac\u{1f600}" * 100_000}"
    assert_text "$controls", "\u0001" * 1_500_000
    assert_text "$broken", "\xff\\ ".b * 400_000
    assert_text "$binary", "\x00\x80\xff".b * 500_000
    assert_text "$symbol", "s" * 2_000_000
    assert_text "$regexp", "r" * 2_000_000
    pieces = pieces_of(global("$number"), "val")
    assert_operator pieces.size, :>, 1
    assert_equal 1 << 16_000_000, Integer(pieces.join)
  end

  def test_long_lists_and_maps
    ruby(<<~'RUBY')
      $array = Array.new(700_000) { |i| i }
      $strings = Array.new(300_000) { |i| i.to_s }
      $hash = {}
      400_000.times { |i| $hash[i] = i.even? ? nil : i.to_s }
      $object = Object.new
      100_000.times { |i| $object.instance_variable_set("@variable_with_a_rather_long_name_#{i}", i) }
      $weak = ObjectSpace::WeakMap.new
      $strings.each { |each| $weak[each] = each }
      HeapDump.dump(gc: false)
    RUBY
    read
    assert_equal Array.new(700_000, &:to_s), list_of("$array")
    strings = list_of("$strings")
    assert_equal [300_000, "0", "299999"], [strings.size, text(strings.first), text(strings.last)]
    pairs = list_of("$hash")
    assert_equal [400_000, ["0", nil], "399999"], [pairs.size, pairs.first, pairs.last.first]
    assert_equal "399999", text(pairs.last.last)
    variables = pieces_of(global("$object"), "ivs")
    assert_operator variables.size, :>, 1
    assert_equal Array.new(100_000) { |i| ["@variable_with_a_rather_long_name_#{i}", i.to_s] },
                 variables.flat_map { |each| Dump.name_map(each).to_a }
    weak = pieces_of(global("$weak"), "weak")
    assert_operator weak.size, :>, 1
    %w[keys values].each do |name|
      assert_equal strings.sort, weak.flat_map { |each| each.fetch(name, []) }.sort, name
    end
  end

  # Nobody writes such names; programs can.
  def test_long_names_are_cut
    ruby(<<~'RUBY')
      long = "n" * 9_000_000
      $object = Object.new
      $object.instance_variable_set("@#{long}", 1)
      $class = Object.const_set("N#{long}", Class.new { define_method(long) {} })
      $struct = Struct.new(:"#{long}").new(1)
      $list = [:"#{long}"]
      $thread = Thread.new { Thread.current[long] = 1; eval("#{long} = 1; sleep") }
      Thread.pass until $thread.stop?
      eval("$#{long} = 1")
      HeapDump.dump(gc: false)
    RUBY
    read
    name = "n" * 4094
    assert_equal({ "@#{"n" * 4095}\u2026(9000001 bytes)" => "1" }, global("$object")["ivs"])
    assert_equal "N#{"n" * 4095}\u2026(9000001 bytes)", global("$class")["name"]
    assert_equal ["#{name}nn\u2026(9000000 bytes)"], global("$class")["methods"].map(&:first)
    assert_equal({ "#{name}nn\u2026(9000000 bytes)" => "1" }, global("$struct")["members"])
  end

  private

  def read
    @records = {}
    @pieces = Hash.new { |hash, of| hash[of] = [] }
    globals = {}
    longest = ""
    File.foreach(path, encoding: "UTF-8") do |line|
      longest = line if line.bytesize > longest.bytesize
      record = JSON.parse(line.sub(/\A[,\[]/, "").sub(/\]\n?\z/, ""))
      globals = Dump.name_map(record["globals"]) if record["globals"]
      flunk "two records are #{record['id']}" if @records.key?(record["id"])
      @records[record["id"]] = record
      @pieces[record["of"]] << record if record["of"]
    end
    assert_operator longest.bytesize, :<, LONGEST, longest[0, 200]
    @globals = globals
  end

  def global(name)
    @records.fetch(@globals.fetch(name))
  end

  def text(address)
    @records.fetch(address)["val"]
  end

  # What the records of one object have under the key, in order.
  def pieces_of(record, key)
    [record, *@pieces[record["id"]]].map { |each| each[key] }.compact
  end

  def list_of(name)
    parts = [global(name), *@pieces[global(name)["id"]]].select { |each| each.key?("val") }
    assert_operator parts.size, :>, 1, name
    parts.inject([]) do |list, part|
      assert_equal list.size, part.fetch("from", 0), "where the next part begins"
      list.concat(part["val"])
    end
  end

  def assert_text(name, expected)
    record = global(name)
    parts = [record, *@pieces[record["id"]]].select { |each| each.key?("val") }
    assert_operator parts.size, :>, 1, name
    assert_equal expected.bytesize, record["length"], name
    bytes = 0
    parts.each do |part|
      assert_equal bytes, part.fetch("from", 0), name
      bytes += decoded(part["val"], record["escaped"]).bytesize
    end
    whole = parts.map { |part| decoded(part["val"], record["escaped"]) }.join
    assert whole.b == expected.b, "#{name}: the text is another"
  end

  def decoded(text, escaped)
    return text unless escaped

    text.b.gsub(/\\(\\|x\h\h)/n) { |match| match[1] == "x" ? match[2, 2].hex.chr : "\\" }
  end
end
