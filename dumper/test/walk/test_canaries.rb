# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# `strings: :none` and `:hash`: what a program made of data is in no place of
# the dump in clear; README.md lists what stays.
class TestCanaries < Minitest::Test
  include TakeHelper

  PROGRAM = File.join(__dir__, "canary_program.rb")
  # The list in README.md, each point with what shows that it is true. Nothing
  # else of what the program planted may be in clear.
  KEPT = {
    "Names that stand in the program's code" => %w[
      KeptClass KEPT_CONSTANT :kept_symbol @@kept_class_variable kept_member kept_attribute @kept_attribute
      @kept_variable kept_method kept_parameter :kept_value kept_local $kept_global :kept_key kept_thread_key
      File::Stat force_encoding
    ],
    "Paths and lines of source files" => [File.join(__dir__, "kept_in_clear.rb"), PROGRAM],
    "Integers between -2^31 and 2^31" => %w[2147483646 -42],
    "Sizes, lengths, counts and addresses" => [],
    "What Ruby itself names" => %w[T_OBJECT UTF-16LE USR1 sleep heap_dump],
    "The process" => %w[pid time ruby platform]
  }.freeze

  def setup
    super
    env = { "RUBYOPT" => nil }
    out, err, status = Open3.capture3(env, RUBY, "-W0", "-I#{LIB}", "-rheap_dump", PROGRAM, *modes, chdir: @folder)
    assert status.success?, err
    planted = JSON.parse(out.lines.last)
    @canaries = planted["texts"] + planted["numbers"]
  end

  def test_what_is_data_is_not_in_the_dump_in_clear
    assert_operator @canaries.size, :>=, 60
    full = searchable("full")
    # A canary that no dump shows would prove nothing.
    assert_empty @canaries.reject { |each| full.include?(each) }, "planted in vain"
    %w[none hash].each do |mode|
      dump = searchable(mode)
      assert_empty @canaries.select { |each| dump.include?(each) }, "in clear with strings: :#{mode}"
    end
  end

  def test_what_stays_is_what_the_page_lists
    page = File.read(File.expand_path("../../README.md", __dir__))
    section = page[/^## What a dump gives away\n.*?(?=^## )/m]
    assert_equal KEPT.keys, section.scan(/^\* \*\*(.+?)\*\*/).flatten
    %w[none hash].each do |mode|
      text = searchable(mode)
      KEPT.each_value { |all| all.each { |each| assert_includes text, each, mode } }
      refute_includes text, "kept_nowhere_comment"
    end
  end

  # Equal texts have equal hashes, whatever they are: a String, a Symbol, a name.
  def test_equal_names_stay_equal
    dump = Dump.new(path("hash.json"))
    globals = Dump.name_map(dump.roots["globals"])
    names = dump[globals["$object"]]["ivs"].keys
    assert_equal 2, names.grep(/\A@\(redacted \h{16}\)\z/).uniq.size
    key, value = dump[globals["$number_keys"]]["val"][0]
    assert_match(/\A\(Integer \h{16}\)\z/, key)
    refute_equal key, value
    assert_match(/\A\(Float \h{16}\)\z/, dump[globals["$number_keys"]]["val"][1][0])
    klass = dump[dump[globals["$struct"]]["class"]]
    refute_nil klass
    static = dump[globals["$symbols"]]["val"][1]
    text = dump.objects.values.find { |each| each["bt"] == "T_STRING" && each["hash"] == static[/\h{16}/] }
    assert text, "the String from which the symbol was made has the same hash"
    header = dump.header
    assert_operator header["code"]["files"], :>, 10
    assert_equal ["@(redacted)"], Dump.new(path("none.json")).then { |none|
      none[Dump.name_map(none.roots["globals"])["$object"]]["ivs"].map(&:first).uniq
    }
  end

  private

  def modes
    %w[full none hash]
  end

  # The file, and the same without escapes and without the zeros of UTF-16.
  def searchable(mode)
    file = File.binread(path("#{mode}.json"))
    file + file.gsub("\\u0000", "") + file.gsub("\\\\x00", "")
  end
end
