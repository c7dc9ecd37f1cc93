# frozen_string_literal: true

require "time"

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# What a known program holds, under the names that its author gave.
class TestNames < Minitest::Test
  include TakeHelper

  PROGRAM = File.read(File.expand_path("program.rb", __dir__))

  CAPABILITIES = %w[constants exceptions fiber_locals fiber_stacks fibers finalizers frames globals gvl_owner
                    hash_defaults iseqs ivars locals machine_stacks methods thread_names thread_status thread_values
                    traps weak_key_maps weak_maps].freeze

  # One dump serves all tests of a run.
  def self.dump
    @dump ||= Dir.mktmpdir("heap_dump-test") do |folder|
      program = File.join(folder, "program.rb")
      File.write(program, PROGRAM)
      out, status = Open3.capture2e(RUBY, "-W0", "-I#{LIB}", "-rheap_dump", program, chdir: folder)
      raise "#{status}\n#{out}" unless status.success?

      Dump.new(File.join(folder, "dump.json"))
    end
  end

  def setup
    super
    @dump = self.class.dump
  end

  def test_header_tells_what_was_dumped
    header = @dump.header
    assert_equal ["heap_dump", 2, RUBY_VERSION, RUBY_PLATFORM],
                 header.values_at("format", "version", "ruby", "platform")
    assert_equal "clone", header["mode"]
    assert_equal "full", header["strings"]
    assert_match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/, header["time"])
    assert_in_delta Time.now, Time.iso8601(header["time"]), 600
    assert_equal({}, header["missing"])
    assert_equal CAPABILITIES, header["capabilities"].sort
    assert_equal ENV["HEAP_DUMP_NO_TABLE"] ? "probed" : "table", header["layout"]
    # Garbage is counted as well.
    assert_operator header["gc"]["live"], :>=, @dump.objects.size
    assert_operator header["gc"]["slots"], :>=, header["gc"]["live"]
    assert_operator header["gc"]["count"], :>, 0
  end

  def test_instance_variables_of_objects
    order = global("$order")
    assert_equal "T_OBJECT", order["bt"]
    assert_equal "Shop::Order", of(order["class"])["name"]
    variables = Dump.name_map(order["ivs"])
    assert_equal %w[@lines @note @count @ratio @kind @none @yes], variables.keys
    assert_equal ['"note of an order"', "3", "1.5", ":standing", nil, true],
                 [text(variables["@note"])&.dump, *variables.values_at("@count", "@ratio", "@kind", "@none", "@yes")]
    assert_equal ["1", ":two", nil, false], of(variables["@lines"])["val"]
  end

  def test_instance_variables_of_other_things
    assert_equal "of a string", text(variables(global("$generic"), "ivs")["@generic"])
    assert_equal "of a class", text(variables(klass("Shop::Order"), "ivs")["@registry"])
  end

  def test_classes
    order = klass("Shop::Order")
    assert_equal "Shop::Base", of(order["super"])["name"]
    assert_equal "class variable", text(variables(order, "cvars")["@@count"])
    constants = Dump.name_map(order["consts"])
    assert_equal "a constant", text(constants["LABEL"])
    assert_equal "(undef)", constants["Nowhere"]
    methods = order["methods"].to_h
    assert_equal %w[attach bound initialize lines secret sum total], methods.keys.grep(/\A[a-z]+\z/).sort
    assert_equal "private", methods["secret"]["visibility"]
    assert_equal "public", methods["total"]["visibility"]
    assert_equal "total", of(methods["total"]["iseq"])["name"]
    assert_equal "proc", of(methods["bound"]["proc"])["type_name"]
    assert_equal "(IVAR)", methods["lines"]["type"]
    assert_equal order["id"], of(methods["total"]["ment"])["owner"]
    assert_includes klass("Shop::Base")["weak"]["subclasses"], order["id"]
    refute_includes @dump.references(klass("Shop::Base")["id"]), order["id"]
    singleton = of(order["class"])
    assert singleton["singleton"]
    assert_equal order["id"], singleton["attached"]
    assert_includes singleton["methods"].to_h.keys, "build"
  end

  def test_prepended_methods_are_in_the_origin
    module_name = "Shop::Audit"
    iclass = @dump.objects.values.find { |each| each["bt"] == "T_ICLASS" && each["name"] == module_name }
    refute_nil iclass
  end

  def test_hashes_arrays_and_structs
    bus = global("$bus")
    pairs = bus["val"].map { |key, value| [key.is_a?(Integer) ? text(key) || of(key)["name"] : key, value] }.to_h
    assert_equal ["Shop::Order", "text key", ":symbol", "7"], pairs.keys
    item = of(pairs["text key"])
    assert_equal "T_STRUCT", item["bt"]
    assert_equal ["pen", "1.5"], [text(item["members"]["name"]), item["members"]["price"]]
    assert_equal "text by default", text(global("$with_default")["default"])
    assert_equal "42", global("$with_number")["default"]
    assert_equal "proc", of(global("$with_proc")["default"])["type_name"]
    assert_nil bus["default"]
    keywords = global("$keyword_struct")
    assert_equal "of a keyword", text(keywords["members"]["size"])
  end

  def test_procs_and_their_locals
    counter = global("$counter")
    assert_equal "proc", counter["type_name"]
    assert counter["lambda"]
    iseq = of(counter["iseq"])
    assert_equal ["iseq", "block", "block in make_counter"], iseq.values_at("type_name", "type", "name")
    assert_equal "make_counter", of(iseq["parent"])["name"]
    assert_operator iseq["line"], :>, 1
    assert_match(/program\.rb\z/, iseq["filename"])
    env = of(counter["env"])
    assert_equal "VM/env", env["type_name"]
    assert_equal iseq["parent"], env["iseq"]
    locals = Dump.name_map(env["locals"])
    assert_equal ["11", "counter label"], [locals["start"], text(locals["label"])]
    inner = of(global("$inner")["env"])
    outer = of(inner["prev"])
    assert_equal "inner label", text(Dump.name_map(inner["locals"])["inner_label"])
    assert_equal "counter label", text(Dump.name_map(outer["locals"])["label"])
  end

  def test_frames_of_threads
    thread = global("$thread")
    assert_equal "thread", thread["type_name"]
    frame = frame_of(thread, "Worker#work")
    assert_match(/program\.rb\z/, frame["filename"])
    assert_equal PROGRAM.lines.index { |line| line.include?("queue.pop") } + 1, frame["line"]
    assert_equal "held by a sleeping thread", text(Dump.name_map(frame["locals"])["in_thread"])
    assert_equal "Worker", of(of(frame["self"])["class"])["name"]
    assert frame_of(thread, "block in <main>")
    assert thread["frames"].any? { |each| (each["cfunc"] || each["label"]).end_with?("Queue#pop") }, thread["frames"].inspect
    locals = Dump.name_map(thread["locals"])
    assert_equal "fiber local text", text(locals["fiber_local"])
    held = thread["variables"] || variables(thread, "internal").fetch("variables")
    held = of(held)["val"].to_h { |key, value| [key.sub(":", ""), value] } if held.is_a?(Integer)
    assert_equal "thread variable text", text(Dump.name_map(held)["variable"])
  end

  def test_frames_name_methods_as_people_do
    thread = global("$caller")
    labels = thread["frames"].map { |frame| frame["label"] || frame["cfunc"] }
    assert_includes labels, "Worker.stay"
    assert_includes labels, "block in Worker#call_it"
    assert_includes labels, "Array#each"
  end

  def test_frames_of_fibers_and_external_enumerators
    fiber = global("$fiber")
    assert_equal "fiber", fiber["type_name"]
    frame = frame_of(fiber, "block in <main>")
    assert_equal "held by a suspended fiber", text(Dump.name_map(frame["locals"])["in_fiber"])
    enumerator = global("$external")
    assert_equal "enumerator", enumerator["type_name"]
    inside = of(enumerator["fiber"])["frames"].find { |each| Dump.name_map(each["locals"])&.key?("in_enumerator") }
    assert_equal "held by a suspended enumerator", text(Dump.name_map(inside["locals"])["in_enumerator"])
  end

  def test_other_objects
    assert_equal "1208925819614629174706176", global("$big")["val"]
    assert_equal "-1000000000000000000000", global("$negative")["val"]
    assert_equal "1.0e-300".to_f, Float(global("$float")["val"])
    assert_equal "re1gex", global("$regexp")["val"]
    match = global("$match")
    assert_equal ["xabcx", "abc"], [text(match["string"]), of(match["regexp"])["val"]]
    method = global("$method")
    assert_equal "method", method["type_name"]
    assert_equal global("$order")["id"], method["receiver"]
    assert_equal "total", of(one(method["ment"]))["name"]
    io = global("$io")
    assert_equal ["T_FILE", "r"], io.values_at("bt", "mode")
    assert_kind_of Integer, io["fd"]
    assert_equal "queued", text(of(one(global("$queue_with_text")["queue"]))["val"].first)
    assert_equal "dynamic symbol", global("$symbol")["val"]
    assert_equal ["3", "4"], global("$rational").values_at("numerator", "denominator")
    assert_equal ["0", "2"], global("$complex").values_at("real", "imaginary")
  end

  def test_text_of_every_kind
    assert_equal "\u00e4\u20ac\u{1F600}", text(of(global("$texts")["val"][0])["id"])
    broken = of(global("$texts")["val"][1])
    assert_equal ["\\xFF broken \\\\ \u00e4", true, 13], broken.values_at("val", "escaped", "length")
    binary = of(global("$texts")["val"][2])
    assert_equal ["ASCII-8BIT", "\\x80\\x81"], binary.values_at("enc", "val")
    nul = of(global("$texts")["val"][3])
    assert_equal ["\0 \" \n \u007f", nil], nul.values_at("val", "enc")
    long = of(global("$texts")["val"][4])
    assert_equal "x" * 100_000, long["val"]
    assert_equal ":\"odd \\\"name\\\"\"", global("$texts")["val"][5]
  end

  def test_weak_references_are_apart
    map = global("$weak_map")
    weak = map["weak"]
    assert_equal [[global("$order")["id"]], [global("$generic")["id"]]], weak.values_at("keys", "values")
    refute_includes @dump.references(map["id"]), global("$order")["id"]
  end

  def test_globals_and_roots
    globals = Dump.name_map(@dump.roots["globals"])
    assert_equal "T_FILE", of(globals["$stdout"])["bt"]
    assert_equal ":immediate", globals["$immediate"]
    assert_includes @dump.roots.keys, "vm"
    assert_includes @dump.roots.keys, "machine_context"
  end

  def test_signal_handlers_and_finalizers
    traps = Dump.name_map(@dump.roots["trap"])
    assert_equal global("$handler")["id"], traps["USR2"]
    assert_equal global("$at_end")["id"], traps["EXIT"]
    order = global("$with_finalizer")["id"]
    name = format("#<Shop::Order:0x%016x>", order)
    procs = of(Dump.name_map(@dump.roots["finalizers"]).fetch(name))["val"]
    # Ruby 2.7 puts each with a number into an array, Ruby 4.0 the number first.
    procs = procs.grep(Integer).flat_map { |each| of(each)["bt"] == "T_ARRAY" ? of(each)["val"] : [each] }
    assert_includes procs, global("$finalizer")["id"]
  end

  # Such a fiber is marked in place of the thread's own stack on newer Rubies.
  def test_thread_with_an_object_for_its_fiber
    thread = global("$with_fiber")
    assert_match(/program\.rb\z/, frame_of(thread, "Worker#work")["filename"])
    fiber = @dump.objects.values.find { |each| each["type_name"] == "fiber" && each["thread"] == thread["id"] }
    assert_equal "held by a sleeping thread", text(Dump.name_map(frame_of(fiber, "Worker#work")["locals"])["in_thread"])
    assert_equal "local of a fiber", text(Dump.name_map(fiber["locals"])["of_its_fiber"])
  end

  def test_what_has_ended_says_so
    assert_equal [true, false, true], %w[$fiber $ended_fiber $new_fiber].map { |name| global(name)["alive"] }
    assert_equal [nil, true], %w[$io $closed_io].map { |name| global(name)["closed"] }
    assert_nil global("$closed_io")["fd"]
  end

  # Of a program of its own, as the Ractor of $main below gets messages.
  def test_what_a_ractor_holds
    skip "this Ruby has no Ractors" unless defined?(Ractor)
    ruby(<<~'RUBY')
      Ractor.current[:mine] = ["kept by", "the Ractor"]
      other = Ractor.new(Ractor.current, name: "other") do |main|
        Ractor.current[:theirs] = "kept by the other"
        main.send("a message #{1 + 1}")
        main.send([:list, "moved"], move: true)
        main.send(:done)
        sleep
      end
      # Until all are there, and still are.
      sleep 0.01 until ObjectSpace.each_object(String).any? { |each| each == "a message 2" }
      sleep 0.2
      HeapDump.dump("ractors.json")
    RUBY
    dump = Dump.new(path("ractors.json"))
    ractors = dump.objects.values.select { |each| each["type_name"] == "ractor" }
    assert_equal 2, ractors.size
    locals = ractors.map { |each| Dump.name_map(each["ractor_locals"] || {}) }
    mine = locals.find { |each| each.key?("mine") }
    assert_equal ["kept by", "the Ractor"], dump[mine.fetch("mine")]["val"].map { |each| dump[each]["val"] }
    theirs = locals.find { |each| each.key?("theirs") }
    assert_equal "kept by the other", dump[theirs.fetch("theirs")]["val"]
    assert_includes ractors.map { |each| dump[each["name_string"]]&.fetch("val") }, "other"
    messages = ractors.flat_map { |each| each["messages"] || [] }.map { |each| dump[each]["val"] }
    assert_includes messages, "a message 2"
    assert_empty ractors.flat_map { |each| each["refs"] || [] }
  end

  def test_status_and_name_of_threads
    assert_equal %w[sleep dead], [global("$thread"), global("$ended")].map { |thread| thread["status"] }
    assert_equal "worker thread", global("$thread")["name"]
    main = @dump.objects.values.find { |each| each["type_name"] == "thread" && each["status"] == "run" }
    assert frame_of(main, "<main>")
  end

  def test_ended_threads
    thread = global("$ended")
    assert_equal "value of a thread", text(thread["value"])
    assert_nil thread["frames"]
    assert_nil thread["machine_stack"], "it has none any more"
  end

  # A thread keeps its block, whether or not the stack shows it too.
  def test_threads_name_their_own_parts
    %w[$thread $ended].each do |name|
      thread = global(name)
      assert_equal "proc", of(thread["proc"])["type_name"]
      refute_includes thread.fetch("machine_stack", []), thread["proc"]
    end
  end

  def test_ractor_names_its_threads
    return unless defined?(Ractor)

    ractor = @dump.objects.values.find { |each| each["type_name"] == "ractor" }
    assert_includes ractor["threads"], global("$thread")["id"]
  end

  def test_sizes
    big = of(global("$texts")["val"][4])
    assert_operator big["size"], :>, 100_000
    assert(@dump.objects.values.all? { |each| each["size"].is_a?(Integer) })
  end

  def test_few_references_have_no_name
    edges = @dump.ending["edges"]
    unnamed = @dump.objects.values.sum { |each| each.fetch("refs", []).size }
    assert_operator 100.0 * unnamed / edges, :<, 2, @dump.objects.values.select { |each| each["refs"] }.map { |each|
      "#{each['bt']} #{each['type_name']} #{each['refs'].size}" }.tally.sort_by { |_, n| -n }.first(20).join("\n")
  end

  private

  def of(address)
    record = @dump[address]
    refute_nil record, "#{address.inspect} has no record"
    record
  end

  def text(address)
    record = address.is_a?(Integer) ? of(address) : return
    record["val"] if record["bt"] == "T_STRING"
  end

  # Ruby 4.0 has them in an object of their own, but for T_OBJECT.
  def variables(record, key)
    Dump.name_map((record["fields"] ? of(record["fields"]) : record).fetch(key))
  end

  def one(value)
    value.is_a?(Array) ? value.first : value
  end

  def global(name)
    of(Dump.name_map(@dump.roots.fetch("globals")).fetch(name))
  end

  def klass(name)
    found = @dump.objects.values.select { |each| each["name"] == name && %w[T_CLASS T_MODULE].include?(each["bt"]) }
    assert_equal 1, found.size, name
    found.first
  end

  def frame_of(thread, label)
    frame = thread["frames"].find { |each| each["label"] == label }
    refute_nil frame, thread["frames"].map { |each| each["label"] || each["cfunc"] }.inspect
    frame
  end
end
