# frozen_string_literal: true

require_relative "support/exported_heap"
require_relative "support/referees"

# The dominator tree as a profile, in three formats, of which two are read by
# their own libraries. All three must tell the same, and what heap.db has.
class FlameGraphsTest < Minitest::Test
  include ExportedHeap
  include Referees

  def setup
    super
    %w[folded speedscope pprof].each { |format| heapq("export", "--to", format, "-o", path(format)) }
    @folded = File.readlines(path("folded"), chomp: true, encoding: "UTF-8").to_h do |line|
      stack, bytes = line.match(/\A(.+) (\d+)\z/).captures
      [stack.split(";"), bytes.to_i]
    end
  end

  def test_the_profile_adds_up
    assert_equal sql("SELECT sum(size) FROM objects WHERE tier IS NOT NULL").first.to_i, @folded.values.sum
    # What is under a frame is what its objects retain.
    bus = sql("SELECT retained FROM v_objects WHERE class = 'Bus'").first.to_i
    assert_equal bus, @folded.sum { |stack, bytes| stack.include?("Bus") ? bytes : 0 }
    assert_operator @folded.keys.map(&:size).max, :<=, 128
    assert(@folded.keys.none? { |stack| stack.each_cons(2).any? { |a, b| a == b } }, "a list is one frame")
  end

  def test_pprof_format_decodes_it
    install_referees("pprof-format")
    samples = JSON.parse(run_command("node", referee("pprof.js"), path("pprof")))
    assert_equal [%w[objects count], %w[space bytes]], samples["types"]
    assert_equal @folded, samples["samples"].to_h { |stack, _, bytes| [frames(stack), bytes] }.reject { |_, bytes| bytes.zero? }
    assert_equal sql("SELECT count(*) FROM objects WHERE tier IS NOT NULL").first.to_i, samples["samples"].sum { |_, count, _| count }
  end

  # speedscope's schema is in its package.
  def test_speedscope_takes_it
    install_referees("speedscope")
    install_referees("ajv")
    assert_equal "valid\n", run_command("node", referee("speedscope.js"), path("speedscope"))
    file = JSON.parse(File.read(path("speedscope")))
    names = file["shared"]["frames"].map { |frame| frame["name"] }
    profile = file["profiles"].fetch(0)
    stacks = profile["samples"].map { |sample| frames(sample.map { |frame| names[frame] }) }
    assert_equal @folded, stacks.zip(profile["weights"]).to_h
    assert_equal profile["weights"].sum, profile["endValue"]
  end

  private

  # As folded stacks can tell them.
  def frames(stack)
    stack.map { |name| name.tr(";", ":").gsub(/[\x00-\x1f]/, " ") }
  end
end
