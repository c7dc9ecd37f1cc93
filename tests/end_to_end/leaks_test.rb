# frozen_string_literal: true

require_relative "support/end_to_end"

# Programs of leaks/ plant objects in every place that keeps objects alive; why
# each of them is alive must be said hop by hop.
class LeaksTest < Minitest::Test
  include EndToEnd

  # A hop that only some Rubies have.
  Maybe = Struct.new(:hop)

  # By program and kind of leak: the root, then each hop as "edge kind: label",
  # from the root to the object. A label that depends on the run is a Regexp.
  REGISTERED = Maybe.new("item: one of its registered").freeze
  # Ruby 4.0 has the variables of what is no T_OBJECT in an object of their own.
  FIELDS = Maybe.new("part: fields").freeze
  EXPECTED = {
    "names" => {
      global: ["globals $leak"],
      constant: ["vm", REGISTERED, "const: LEAKY"],
      nested_constant: ["vm", REGISTERED, "const: Shop", "const: Shop::Stock", "const: Shop::Stock::CACHE"],
      class_ivar: ["vm", REGISTERED, "const: Registry", FIELDS, "ivar: @last"],
      class_variable: ["vm", REGISTERED, "const: Registry", FIELDS, "cvar: @@all"],
      module_ivar: ["vm", REGISTERED, FIELDS, "ivar: @cache"],
      ivar_chain: ["globals $chain", "ivar: @inner", "ivar: @inner", "ivar: @inner"],
      struct_member: ["globals $order", "member: .customer"],
      generic_ivar: ["globals $text", FIELDS, "ivar: @owner"],
      singleton_class_ivar: ["globals $single", /\Aclass: /, FIELDS, "ivar: @last"],
      exception_ivar: ["globals $error", "ivar: @request"],
      cycle: ["globals $ring", "ivar: @leak"]
    },
    "closures" => {
      closure: ["vm", REGISTERED, "const: Bus", "const: Bus::INSTANCE", "ivar: @handlers", "hash_value: [:request]", "index: [0]",
                "part: captured variables", "local: local request captured by block in Session#start (closures.rb:17)"],
      nested_closure: ["vm", REGISTERED, "const: Bus", "const: Bus::INSTANCE", "ivar: @handlers", "hash_value: [:nested]",
                       "index: [0]", "part: captured variables", "part: variables of the outer block",
                       /\Alocal: local request captured by block \(2 levels\) in Session#nested \(closures\.rb:22\)\z/],
      lambda_in_hash: ["globals $table", "hash_value: [:on_error]", "part: captured variables",
                       "local: local request captured by block in Session#table (closures.rb:27)"],
      binding: ["globals $binding", /\Apart: /, /\Alocal: local request .*Session#bound/],
      define_method: ["vm", REGISTERED, "const: Widget", "method: method Widget#draw", /\Apart: /, "part: captured variables",
                      "local: local request captured by block in Session#methods_of (closures.rb:35)"],
      singleton_method: ["globals $decorated", /\Aclass: /, /\Amethod: method .*draw\z/, /\Apart: /,
                         "part: captured variables",
                         "local: local request captured by block in Session#singleton_of (closures.rb:39)"],
      lazy: ["globals $lazy", "part: procs", "index: [0]", /\A(part|ref|item): /, "part: captured variables",
             "local: local request captured by block in Session#lazily (closures.rb:43)"],
      method_object: ["globals $method", "part: receiver of method object", "ivar: @leak"],
      bound_receiver: ["globals $receiver", "part: receiver of method object"],
      enumerator: ["globals $each", "part: receiver", "ivar: @leak"],
      tracepoint: ["globals $trace", /\A(part|item): .*proc/, "part: captured variables",
                   "local: local request captured by block in Session#trace (closures.rb:51)"],
      closure_self: ["vm", REGISTERED, "const: Bus", "const: Bus::INSTANCE", "ivar: @handlers", "hash_value: [:self]",
                     "index: [0]", "part: self of block in Session#as_self (closures.rb:47)", "ivar: @user"],
      refinement: ["vm", REGISTERED, "const: Extension", FIELDS, /\Apart: /, /\Ahash_value: /, /\Amethod: .*leaky\z/, /\Apart: /,
                   "part: captured variables", "part: variables of the outer block",
                   /\Alocal: local request captured by .*Extension\.add/]
    },
    "containers" => {
      array: ["globals $list", "index: [2]"],
      hash_symbol_key: ["globals $by_symbol", "hash_value: [:request]"],
      hash_string_key: ["globals $by_string", 'hash_value: ["user 7"]'],
      hash_object_key: ["globals $by_object", /\Ahash_value: \[#<struct Key|\Ahash_value: \[#<Key:0x\h+>\]/],
      hash_integer_key: ["globals $by_integer", "hash_value: [42]"],
      large_hash: ["globals $large", "hash_value: [17]"],
      hash_key: ["globals $keys", /\Ahash_key: /],
      identity_hash: ["globals $identity", 'hash_value: ["same"]'],
      identity_key: ["globals $identity_keys", /\Ahash_key: /],
      default_proc: ["globals $defaults", "part: default proc", "part: captured variables",
                     "local: local request captured by block in Object#default_proc_of (containers.rb:14)"],
      default: ["globals $default", "part: default value"],
      set: ["globals $set", Maybe.new("ivar: @hash"), /\A(hash_key|item): /],
      nested: ["globals $nested", "hash_value: [:users]", "index: [0]", 'hash_value: ["name"]', "index: [0]"],
      open_struct: ["globals $open", "ivar: @table", "hash_value: [:request]"],
      delegate: ["globals $delegate", "ivar: @delegate_sd_obj"],
      queue: ["globals $queue", /\A(part|item): .*queue/, "index: [1]"],
      sized_queue: ["globals $sized_queue", /\A(part|item): .*queue/, "index: [0]"],
      frozen_array: ["globals $frozen", "index: [0]", "index: [0]"],
      shared_array: [/\Aglobals \$(shared|tail)\z/, "part: shared root", "index: [20]"]
    },
    "runtime" => {
      # Since Ruby 3.3 a thread leaves them to its fiber's object, where it has one.
      fiber_local: ["vm", REGISTERED, Maybe.new("item: one of its threads"), Maybe.new("item: one of its fibers"),
                    "fiber_local: Thread#[:request]"],
      thread_variable: ["vm", REGISTERED, Maybe.new("item: one of its threads"), FIELDS, /variables/, "hash_value: [:request]"],
      frame_self: ["globals $waiting", /\Aframe_part: self in frame Worker#work \(runtime\.rb:\d+\) of #<Thread:0x\h+( \w+)?>\z/,
                   "ivar: @leak"],
      frame_local: ["globals $handling", /\Aframe_local: local request in frame Worker#handle \(runtime\.rb:\d+\) of #<Thread:0x\h+( \w+)?>\z/],
      other_thread_local: ["globals $named", /\Afiber_local: .*user/],
      thread_value: ["globals $done", /value/],
      at_exit: ["end_proc", "part: captured variables",
                "local: local request captured by block in Object#on_exit (runtime.rb:22)"],
      trap: [/\A(vm|trap)/, "part: captured variables",
             "local: local request captured by block in Object#on_signal (runtime.rb:26)"],
      finalizer: [/\Afinalizers #<Object:0x\h+>\z/, Maybe.new("index: [0]"), Maybe.new("index: [1]"), "part: captured variables",
                  "local: local request captured by block in Object#finalizer (runtime.rb:30)"],
      enabled_tracepoint: ["vm", REGISTERED, Maybe.new(/tracepoint/), /proc/, "part: captured variables",
                           "local: local request captured by block in Object#trace (runtime.rb:34)"]
    },
    "fibers" => {
      suspended_fiber: ["globals $fiber",
                        /\Aframe_local: local request in frame Worker#each_item \(.*fibers\.rb:\d+\) of .*Fiber/],
      external_enumerator: ["globals $items", "part: fiber",
                            /\Aframe_local: local kept in frame block in Object#enumerate \(.*fibers\.rb:\d+\) of/,
                            "index: [0]"]
    }
  }.freeze

  # Held by nothing but weak references, or by nothing at all: the verdict, and
  # the root of the path by which something knows the object.
  VERDICTS = {
    "containers" => { weak_map: ["weak_only", "globals $weak_map"], weak_ref: ["weak_only", /./],
                      garbage: ["unreachable", ""] }
  }.freeze

  EXPECTED.each do |program, leaks|
    define_method("test_#{program}") do
      planted = plant(program)
      verdicts = VERDICTS.fetch(program, {})
      assert_equal (leaks.keys + verdicts.keys).sort, planted.keys.sort
      wrong = leaks.map { |kind, hops| complaint(kind, hops, planted.fetch(kind)) }
      wrong += verdicts.map { |kind, expected| weak_complaint(kind, *expected, planted.fetch(kind)) }
      assert_empty wrong.compact.join("\n")
    end
  end

  private

  # Runs and loads a program; addresses of its leaks by kind.
  def plant(program)
    ruby(File.join(__dir__, "leaks/#{program}.rb"), path("dump.json"))
    load_dump
    found = sql("SELECT f.value, printf('0x%x', o.address) FROM fields f JOIN names n ON n.id = f.label " \
                "JOIN objects o ON o.id = f.src JOIN classes c ON c.id = o.class " \
                "WHERE n.text = '@kind' AND c.name = 'Leak'")
    found.each_with_object({}) do |(kind, address), planted|
      refute planted.key?(kind), "#{kind} is there twice"
      planted[kind.delete_prefix(":").to_sym] = address
    end
  end

  # What is wrong with the answer for one leak; nil: nothing.
  def complaint(kind, hops, address)
    answer = heapq_json("why-alive", address)
    steps = answer["paths"].first&.fetch("steps") || []
    found = [root_of(answer), *steps.drop(1).map { |step| "#{step['edge']['kind']}: #{step['edge']['label']}" }]
            .map { |hop| hop.gsub("#{__dir__}/leaks/", "") }
    right = answer["verdict"] == "alive" && steps.last["object"]["address"] == address &&
            same?(hops, found)
    "#{kind}: #{answer['verdict']}\n  expected #{hops.inspect}\n  found    #{found.inspect}" unless right
  end

  def same?(hops, found)
    hop, *hops = hops
    return found.empty? if hop.nil?
    return same?([hop.hop, *hops], found) || same?(hops, found) if hop.is_a?(Maybe)

    hop === found.first && same?(hops, found.drop(1))
  end

  def weak_complaint(kind, verdict, root, address)
    answer = heapq_json("why-alive", address)
    weak = answer["paths"].all? { |path| path["steps"].any? { |step| step["edge"]["weak"] } }
    return if answer["verdict"] == verdict && root === root_of(answer) && weak

    "#{kind}: #{answer}, not #{verdict} by #{root.inspect}"
  end

  def root_of(answer)
    answer["paths"].first&.fetch("root")&.values_at("category", "name")&.compact&.join(" ").to_s
  end
end
