# frozen_string_literal: true

require_relative "support/end_to_end"

# Does to a living process what `why-alive --cut` and `what-if` said of its
# dump: the objects must die of it, and not before; as much memory must go.
class CuttingTest < Minitest::Test
  include EndToEnd

  # How many references hold each plant of programs/cutting.rb.
  HELD_BY = {
    global: 1, constant: 1, class_ivar: 1, class_variable: 1, ivar: 1, member: 1, index: 1,
    symbol_key: 1, string_key: 1, integer_key: 1, hash_key: 1, set: 1, closure: 1, generic_ivar: 1,
    default: 1, twice_in_a_list: 1, two_holders: 2, three_holders: 3, diamond: 1, ring: 1,
    fiber_local: 1, frame_local: 1
  }.freeze

  def setup
    super
    @program = IO.popen([RUBY, "-W0", "-I", LIB, File.join(__dir__, "programs/cutting.rb"), path("dump.json")], "r+")
    assert_equal "ready\n", reply
    load_dump
  end

  def teardown
    @program&.close
    super
  end

  def test_what_cut_says_frees_the_object_and_no_less_does
    wrong = addresses.filter_map do |name, address|
      cuts = cuts_of(address)
      lives = ask(name: name, cuts: cuts)
      expected = [true] * HELD_BY.fetch(name) + [false]
      "#{name}: #{lives} after #{cuts.map { |cut| cut[:reference] }}" unless lives == expected
    end
    assert_empty wrong.join("\n")
  end

  def test_what_if_says_how_much_memory_goes
    check_weight(%w[$cache], 500)
    check_weight(%w[$first], 200)
  end

  # Each holds what the other does, too: only both together free that.
  def test_what_if_counts_what_is_shared_once
    check_weight(%w[$first $second], 600)
  end

  private

  def check_weight(globals, entries)
    said = heapq_json("what-if", *globals.flat_map { |name| ["--drop-edge", "root:#{name}"] })
    assert_equal entries, said["rows"].find { |row| row["class"] == "Entry" }["count"], globals.inspect
    went = ask(weigh: globals)
    assert_equal entries, went["entries"], globals.inspect
    # The process itself allocates a little between the two looks.
    assert_in_delta said["objects"], went["objects"], 30, globals.inspect
    assert_in_delta said["size"], went["bytes"], 0.02 * said["size"] + 4096, globals.inspect
  end

  def addresses
    found = sql("SELECT f.value, printf('0x%x', o.address) FROM fields f JOIN names n ON n.id = f.label " \
                "JOIN objects o ON o.id = f.src JOIN classes c ON c.id = o.class " \
                "WHERE n.text = '@kind' AND c.name = 'Leak'").to_h { |kind, at| [kind.delete_prefix(":").to_sym, at] }
    assert_equal HELD_BY.keys.sort, found.keys.sort
    found
  end

  def cuts_of(address)
    said = heapq_json("why-alive", address, "--cut")
    assert_equal "found", said["outcome"], said.inspect
    said["rows"].map do |row|
      { kind: row["kind"], reference: row["reference"], holder: row["holder_address"], held: row["held_address"] }
    end
  end

  def ask(request)
    @program.puts(JSON.generate(request))
    JSON.parse(reply)
  end

  def reply
    Timeout.timeout(PATIENCE) { @program.gets }
  end
end
