# frozen_string_literal: true

require_relative "support/exported_heap"
require_relative "support/referees"

# memlab as a referee: from the exported snapshot it must compute the dominator
# and the retained size that heap.db has for every object.
class HeapsnapshotTest < Minitest::Test
  include RealHeap
  include Referees

  def setup
    super
    heapq("export", "--to", "heapsnapshot", "-o", path("heap.heapsnapshot"))
  end

  def test_memlab_computes_the_same
    install_referees("@memlab/heap-analysis")
    computed = memlab
    expected = sql("SELECT id, retained, idom FROM objects WHERE tier IS NOT NULL ORDER BY id")
    assert_operator expected.size, :>, 250_000
    wrong = expected.reject { |id, *rest| computed[id.to_i] == rest.map(&:to_i) }
    assert_empty wrong.first(5).map { |id, *rest| "##{id}: #{rest} here, #{computed[id.to_i]} by memlab" }
    assert_equal expected.size, computed.size
  end

  def test_the_snapshot_holds_what_it_says
    snapshot = JSON.parse(File.read(path("heap.heapsnapshot")))
    meta = snapshot["snapshot"]
    assert_equal meta["node_count"], snapshot["nodes"].size / meta["meta"]["node_fields"].size
    assert_equal meta["edge_count"], snapshot["edges"].size / 3
    assert_equal sql("SELECT value FROM meta WHERE key = 'reachable_size'").first.to_i,
                 snapshot["nodes"].each_slice(7).sum { |node| node[3] }
    assert_includes snapshot["strings"], "@handlers"
    assert_includes snapshot["strings"], "[:order]"
    assert_equal 0o600, File.stat(path("heap.heapsnapshot")).mode & 0o777
  end

  private

  # Retained size and dominator by id; nodes that stand for roots are 0 there.
  def memlab
    out = run_command("node", referee("memlab.js"), path("heap.heapsnapshot"))
    lines = out.lines.map { |line| line.split("\t").map(&:to_i) }
    lines.each_with_object({}) do |(id, retained, dominator), found|
      found[id_of(id)] = [retained, id_of(dominator)] unless id_of(id).zero?
    end
  end

  def id_of(node)
    node.even? ? 0 : node / 2
  end
end
