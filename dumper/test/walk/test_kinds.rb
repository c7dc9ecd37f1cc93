# frozen_string_literal: true

require_relative "../capture/capture_helper"
require_relative "../truth/dump"

# One object of each kind that stock Ruby has: every reference that it holds
# has a name, and those that a person would ask for have the right one.
class TestKinds < Minitest::Test
  include TakeHelper

  PROGRAM = <<~'RUBY'
    %w[fiber monitor stringio strscan set weakref tempfile zlib].each { |name| require name }
    module Kinds
      class Base; def m; end; protected def kept; end; attr_accessor :x; end
      module Refined; refine(String) { def louder; upcase; end }; end
      autoload :Later, "kinds/later"
    end
    def make_lambda(label = "label".dup); ->(x) { label }; end
    def error; yield; rescue Exception => e; e; end
    def maybe; yield; rescue NameError; nil; end
    external = Enumerator.new { |y| y << 1 << 2 }
    external.next
    locked = Mutex.new
    locked.lock
    held = Monitor.new
    held.enter
    waiting = Thread.new { locked.lock }
    signal = ConditionVariable.new
    signalled = Thread.new { Mutex.new.synchronize { |_| m = Mutex.new; m.lock; signal.wait(m) } }
    failed = Thread.new { Thread.current.report_on_exception = false; raise "failed".dup }
    failed.join rescue nil
    Thread.pass until [waiting, signalled].all?(&:stop?)
    fiber = Fiber.new { local = "local".dup; Fiber.yield(local) }
    fiber.resume
    queue = Queue.new
    queue << "queued".dup
    sized = SizedQueue.new(2)
    sized << "sized".dup
    traced = TracePoint.new(:line) {}
    traced.enable(target: method(:make_lambda))
    $kinds = {
      proc: proc { queue }, lambda: make_lambda, symbol_proc: :upcase.to_proc, method_proc: queue.method(:pop).to_proc,
      curried: make_lambda.curry, method: queue.method(:pop), unbound: Kinds::Base.instance_method(:m),
      accessor: Kinds::Base.instance_method(:x), zsuper: Class.new(Kinds::Base) { public :kept }.instance_method(:kept),
      bmethod: Class.new { define_method(:d) { queue } }.instance_method(:d),
      alias: Class.new(Kinds::Base) { alias_method :n, :m }.instance_method(:n), binding: binding,
      enumerator: [1].each_slice(2), sized_enumerator: [1].to_enum(:each) { 1 }, external: external,
      lazy: (1..3).lazy.map { |x| x }.select(&:even?), chain: [1].each + [2], produced: maybe { Enumerator.produce("a".dup, &:succ) },
      product: maybe { Enumerator::Product.new([1], [2]) }, thread: waiting, signalled: signalled, failed: failed, fiber: fiber,
      mutex: locked, monitor: held, condition: held.new_cond, queue: queue, sized: sized, signal: signal,
      group: ThreadGroup.new, tracepoint: TracePoint.new(:raise) {}, traced: traced,
      weak_map: ObjectSpace::WeakMap.new.tap { |map| map[queue] = sized },
      weak_keys: maybe { ObjectSpace::WeakKeyMap.new.tap { |map| map[queue] = sized } }, weak: WeakRef.new(queue),
      time: Time.now, utc: Time.now.utc, exact: Time.at(1, 1/3r), random: Random.new(3), seeded: Random.new(2**80),
      io: StringIO.new("io".dup), scanner: StringScanner.new("scanned".dup), set: Set[1], dir: Dir.open("."),
      data: (Data.define(:part).new(part: "part".dup) if defined?(Data) && Data.respond_to?(:define)),
      range: "a".dup.."b".dup, match: "xabc".dup.match(/b(?<n>c)/), match_text: "xabc".dup.match("b"), regexp: /x#{1}/,
      rational: 3r/7, complex: Complex(1, 2r/3), file: File.open(__FILE__ == "-e" ? RbConfig.ruby : __FILE__), pipe: IO.pipe, temp: Tempfile.new("kinds"),
      popen: IO.popen("cat", "r+"), name_error: error { nowhere }, frozen_error: error { "".freeze << "x" },
      key_error: error { {}.fetch(:none) }, caused: error { begin; raise "a"; rescue; raise "b"; end },
      located: error { raise "c" }.tap(&:backtrace_locations), locations: caller_locations(0),
      code: RubyVM::InstructionSequence.of(make_lambda), deflate: Zlib::Deflate.new, gzip: Zlib::GzipWriter.new(StringIO.new),
      klass: Class.new(Kinds::Base), refining: Kinds::Refined, singleton: "".dup.tap { |s| def s.only; end }.singleton_class,
      delegate: Class.new { include MonitorMixin }.new, environment: ENV, process_status: (`true`; $?), object_space: ObjectSpace,
    }
    HeapDump.dump
  RUBY

  # What must be there by which name: of a list, one of its items.
  NAMED = {
    "proc" => { "env" => "VM/env", "iseq" => "iseq" }, "method" => { "receiver" => "queue", "ment" => "ment" },
    "unbound" => { "ment" => "ment", "classes" => "T_CLASS" }, "binding" => { "env" => "VM/env" },
    "enumerator" => { "receiver" => "T_ARRAY", "args" => "T_ARRAY" }, "external" => { "fiber" => "fiber", "receiver" => "generator" },
    "lazy" => { "procs" => "T_ARRAY" }, "chain" => { "enumerators" => "T_ARRAY" }, "thread" => { "proc" => "proc" },
    "failed" => { "exception" => "T_OBJECT", "proc" => "proc" }, "fiber" => { "proc" => "proc" }, "queue" => { "queue" => "T_ARRAY" },
    "sized" => { "queue" => "T_ARRAY" }, "monitor" => { "mutex" => "mutex" }, "tracepoint" => { "proc" => "proc" },
    "traced" => { "targets" => "T_HASH" }, "io" => { "string" => "T_STRING" }, "scanner" => { "string" => "T_STRING" },
    "dir" => { "path" => "T_STRING" }, "match" => { "string" => "T_STRING", "regexp" => "T_REGEXP" },
    "match_text" => { "string" => "T_STRING", "regexp" => "T_REGEXP" }, "file" => { "path_string" => "T_STRING" },
    "popen" => { "tied_io" => "T_FILE" }, "code" => { "iseq" => "iseq" }, "gzip" => { "io" => "strio" },
    "seeded" => { "seed" => "T_BIGNUM" }
  }.freeze

  # Parts of exceptions, which are hidden variables.
  HIDDEN = { "name_error" => %w[receiver], "frozen_error" => %w[receiver], "key_error" => %w[receiver],
             "caused" => %w[cause mesg] }.freeze

  def setup
    super
    ruby(PROGRAM)
    @dump = Dump.new(path)
    holder = @dump[Dump.name_map(@dump.roots["globals"])["$kinds"]]
    @kinds = holder["val"].to_h { |key, value| [text_of(key), value] }.select { |_, value| value.is_a?(Integer) }
  end

  def test_every_kind_by_name
    assert_operator @kinds.size, :>, 50
    nameless = @kinds.select { |_, address| @dump[address]["refs"] }
    assert_empty(nameless.map { |name, address| "#{name}: #{@dump[address]['refs'].map { |each| @dump.describe(each) }}" })
    assert_empty(@dump.objects.values.flat_map { |each| named_nothing(each) })
    NAMED.each do |name, parts|
      record = @dump[@kinds.fetch(name)]
      parts.each { |key, kind| assert_equal kind, kind_of(record[key]), "#{name}.#{key} of #{record.keys}" }
    end
    HIDDEN.each do |name, keys|
      assert_empty keys - Dump.name_map(@dump[@kinds.fetch(name)]["internal"]).keys, name
    end
  end

  private

  # A symbol that was made before the code was read is an object.
  def text_of(symbol)
    symbol.is_a?(Integer) ? @dump[symbol]["val"] : symbol.sub(":", "")
  end

  def kind_of(value)
    record = @dump[Array(value).first] || {}
    record["type_name"] || record["bt"]
  end

  # Entries without a text as their name.
  def named_nothing(record)
    maps = record.values_at("ivs", "internal", "locals", "consts").compact
    maps.flat_map { |map| Dump.name_map(map).keys }.grep("").map { @dump.describe(record["id"]) }
  end
end
