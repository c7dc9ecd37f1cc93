# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# Where objects were made, if the program had Ruby note it.
class TestAllocationSites < Minitest::Test
  include TakeHelper

  SITE = %w[file line method generation].freeze

  PROGRAM = <<~'RUBY'
    require "objspace"
    module Shop
      def self.make
        "made #{'here'}"
      end
    end
    $before = "made #{'before'}"
    ObjectSpace.trace_object_allocations_start
    $made = Shop.make
    $at_the_top = [1].dup
    $code = proc { :code }
    $generation = GC.count
  RUBY

  def test_sites_of_traced_objects
    File.write(path("program.rb"), "#{PROGRAM}HeapDump.dump(gc: false)")
    ruby("load 'program.rb'")
    dump = Dump.new(path)
    made = global(dump, "$made")
    assert_equal ["#{@folder}/program.rb", PROGRAM.lines.index { |line| line.include?("made \#{'here'}") } + 1, "make"],
                 [File.expand_path(made["file"], @folder), made["line"], made["method"]]
    assert_kind_of Integer, made["generation"]
    assert_equal [nil] * 4, global(dump, "$before").values_at(*SITE)
    assert_equal 10, global(dump, "$at_the_top")["line"]
  end

  def test_file_and_line_of_code_are_its_own
    ruby("require 'objspace'; ObjectSpace.trace_object_allocations_start\n\n" \
         "eval(\"\\n\\n$code = proc { :code }\", nil, 'elsewhere.rb', 70); HeapDump.dump(gc: false)")
    dump = Dump.new(path)
    iseq = dump[global(dump, "$code")["iseq"]]
    assert_equal ["elsewhere.rb", 72, nil], iseq.values_at("filename", "line", "file")
  end

  # Objects get the addresses of others that were traced and are gone.
  def test_no_site_is_left_of_a_freed_object
    ruby(<<~'RUBY')
      require "objspace"
      ObjectSpace.trace_object_allocations_start
      20_000.times { "traced" * 2 }
      ObjectSpace.trace_object_allocations_stop
      ObjectSpace.trace_object_allocations_clear
      GC.start
      $later = Array.new(20_000) { |i| i.to_s }
      HeapDump.dump
    RUBY
    dump = Dump.new(path)
    assert_empty global(dump, "$later")["val"].select { |each| dump[each].key?("file") }
  end

  def test_without_tracing_there_are_no_sites
    ["", "require 'objspace'; "].each do |before|
      ruby("#{before}HeapDump.dump")
      assert_empty Dump.new(path).objects.values.select { |each| each.key?("generation") }
    end
  end

  private

  def global(dump, name)
    dump[Dump.name_map(dump.roots.fetch("globals")).fetch(name)]
  end
end
