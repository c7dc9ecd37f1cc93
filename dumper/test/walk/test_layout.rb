# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# What is read from Ruby's private structs: offsets are looked for when the gem
# is loaded, and compared with a table.
class TestLayout < Minitest::Test
  include TakeHelper

  PROGRAM = File.read(File.expand_path("program.rb", __dir__))
  # No offset of any Ruby's.
  WRONG = 520
  # Field of the table: what the header says is missing if the table is wrong.
  FIELDS = {
    "iseq_local_table" => "locals", "iseq_local_table_size" => "locals", "iseq_parent" => "iseqs",
    "control_frame_size" => "frames", "thread_vm" => "traps", "thread_ec" => "frames",
    "thread_status" => "thread_status", "thread_name" => "thread_names", "thread_value" => "thread_values",
    "ec_fiber" => "fibers", "ec_thread" => "frames", "ec_local_storage" => "fiber_locals",
    "ec_errinfo" => "exceptions", "ec_stack_start" => "machine_stacks", "gvl_owner" => "gvl_owner",
    "vm_traps" => "traps", "hash_default" => "hash_defaults", "weak_map" => "weak_maps",
    "fiber_ec" => "fibers", "fiber_stack" => "fiber_stacks"
  }.freeze

  # The program's dump with the table and with what is found without it.
  def self.facts(table)
    @facts ||= {}
    @facts[table] ||= new("facts").send(:facts_of, table ? {} : { "HEAP_DUMP_NO_TABLE" => "1" })
  end

  def test_probes_alone_give_what_the_table_gives
    header, facts = self.class.facts(false)
    assert_equal ["probed", {}], header.values_at("layout", "missing")
    _, expected = self.class.facts(true)
    assert_equal expected, facts
  end

  # The probe contradicts it, and what depends on it is left out by name.
  FIELDS.each do |field, missing|
    define_method("test_wrong_table_#{field}") do
      _, right = self.class.facts(true)
      header, facts = facts_of({ "HEAP_DUMP_TABLE" => "#{field}=#{WRONG}" })
      assert_equal "#{field}: expected at #{WRONG}, not found there", header["missing"][missing]
      assert_empty facts - right, "the wrong place was read"
    end
  end

  def test_nothing_is_left_behind
    # Ruby's own methods are called once before, as their caches stay.
    out = ruby(<<~'RUBY', options: ["-W"])
      state = -> { [Thread.list, local_variables, Object.constants.size, GC.disable.tap { |was| GC.enable unless was }, $!,
                    (34..64).map { |signal| trap(signal, "SYSTEM_DEFAULT") }, ObjectSpace.each_object(Thread).count(&:alive?),
                    TOPLEVEL_BINDING.local_variables] }
      state.call
      before = state.call
      require "heap_dump/heap_dump"
      after = state.call
      before[2] += 1 # HeapDump
      puts before == after ? "same" : "#{before}\n#{after}"
    RUBY
    assert_equal ["same\n", ""], [out, @stderr]
  end

  def test_works_when_the_gem_is_loaded_at_an_odd_moment
    { "a thread" => "Thread.new { BODY }.join",
      "a fiber" => "Fiber.new { BODY }.resume",
      "a rescue" => "begin; raise 'x'; rescue => e; BODY; raise 'lost' unless $!.equal?(e); end",
      "GC.stress" => "GC.stress = true; BODY; GC.stress = false",
      "a timeout" => "require 'timeout'; Timeout.timeout(100) { BODY }" }.each do |name, program|
      ruby("#{program.sub('BODY', "require 'heap_dump'")}; t = Thread.new { sleep }; t.name = 'named'; " \
           "Thread.pass until t.stop?; HeapDump.dump", options: [])
      dump = Dump.new(path)
      assert_equal({}, dump.header["missing"], name)
      assert_equal "table", dump.header["layout"], name
      thread = dump.objects.values.find { |each| each["type_name"] == "thread" && each["name"] == "named" }
      assert_equal "sleep", thread&.fetch("status"), name
    end
  end

  private

  def facts_of(env)
    Dir.mktmpdir("heap_dump-test") do |folder|
      File.write(File.join(folder, "program.rb"), PROGRAM)
      out, status = Open3.capture2e(env, RUBY, "-W0", "-I#{LIB}", "-rheap_dump", "program.rb", chdir: folder)
      assert status.success?, "#{status}\n#{out}"
      dump = Dump.new(File.join(folder, "dump.json"))
      [dump.header, facts_in(dump)]
    end
  end

  # What is read through an offset, as sentences without addresses.
  def facts_in(dump)
    facts = []
    dump.objects.each_value do |record|
      case record["type_name"]
      when "thread"
        facts << "thread #{record['name']} #{record['status']}" if record["status"] && record["name"]
        %w[value exception].each { |key| facts << "#{key} #{text(dump, record[key])}" if record[key] }
        names(record["locals"]).each { |name, value| facts << "fiber local #{name} #{text(dump, value)}" }
      when "VM/env" then names(record["locals"]).each { |name, value| facts << "local #{name} #{text(dump, value)}" }
      when "iseq"
        parent = record["parent"] && dump[record["parent"]]
        facts << "parent #{record['name']} #{parent['name']}" if parent && record["filename"] =~ /program\.rb/
      end
      (record["frames"] || []).each do |frame|
        next if frame["label"] == "HeapDump.dump" # its clock goes on

        names(frame["locals"]).each { |name, value| facts << "frame #{frame['label']} #{name} #{text(dump, value)}" }
      end
      facts << "default #{text(dump, record['default'])}" if record["bt"] == "T_HASH" && record["default"]
      weak = record["weak"]
      facts << "weak #{weak.keys.sort}" if record["type_name"] == "weakmap" && weak.is_a?(Hash)
    end
    facts.concat(names(dump.roots["trap"]).keys.map { |signal| "trap #{signal}" })
    facts.uniq.sort
  end

  def names(map)
    map ? Dump.name_map(map) : {}
  end

  def text(dump, value)
    record = value.is_a?(Integer) ? dump[value] : nil
    return value.inspect unless record

    record["val"].is_a?(String) ? record["val"] : record["type_name"] || record["bt"]
  end
end
