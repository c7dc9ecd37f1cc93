# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# Numbers stand in a dump as `inspect` shows them, digit by digit.
class TestNumbers < Minitest::Test
  include TakeHelper

  def test_numbers_are_written_as_inspect_shows_them
    seed = Integer(ENV.fetch("SEED", rand(1 << 30)))
    shown = JSON.parse(ruby(<<~'RUBY', seed))
      require "json"
      random = Random.new(Integer(ARGV.first))
      integers = (0..62).flat_map { |bits| [-1, 0, 1].flat_map { |n| [2**bits + n, -(2**bits) + n] } } +
                 (0..20).flat_map { |n| [10**n - 1, 10**n, -(10**n)] }
      floats = [0.0, -0.0, 5e-324, Float::MIN, Float::MAX, Float::EPSILON, 0.1, 1.0 / 3, 100.0, 123456789.125] +
               (-25..25).flat_map { |n| [10.0**n, 1.5 * 10.0**n, -9.87654321 * 10.0**n] } +
               (14..17).map { |n| (10.0**n).next_float } + [4178238309003874.5] +
               Array.new(500) { [random.rand(2**64)].pack("Q").unpack1("D") }.select(&:finite?)
      # Those of a moderate size are immediates, the others objects.
      $integers = integers
      $floats = floats
      HeapDump.dump("dump.json")
      puts JSON.generate("$integers" => integers.map(&:inspect), "$floats" => floats.map(&:inspect))
    RUBY
    dump = Dump.new(path)
    globals = Dump.name_map(dump.roots["globals"])
    shown.each do |name, texts|
      values = dump.objects.fetch(globals.fetch(name))["val"]
      written = values.map { |value| value.is_a?(Integer) ? dump.objects.fetch(value)["val"] : value }
      assert_equal texts.size, written.size
      wrong = texts.zip(written).reject { |text, value| text == value }
      assert_empty wrong.first(10), "SEED=#{seed}: #{name}, pairs of inspect's and the dump's"
    end
  end
end
