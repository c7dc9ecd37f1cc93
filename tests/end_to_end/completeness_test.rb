# frozen_string_literal: true

require_relative "support/end_to_end"

# The dump of a live heap against what Ruby itself says of it.
class CompletenessTest < Minitest::Test
  include EndToEnd

  @@heap = nil

  PROGRAM = File.join(__dir__, "programs/truth.rb")

  # One program for all tests, since looking at each object takes its time.
  def setup
    super
    @@heap ||= Dir.mktmpdir("heapq-truth").tap do |heap|
      Minitest.after_run { FileUtils.remove_entry(heap) }
      files = %w[dump.json all.json truth collected.json].map { |name| File.join(heap, name) }
      ruby(PROGRAM, *files)
      load_dump(files.first, db: File.join(heap, "heap.db"))
    end
  end

  # Of the one program.
  def path(name)
    @@heap ? File.join(@@heap, name) : super
  end

  # The GC's own view: rb_objspace_reachable_objects_from, object by object.
  def test_edges_hold_all_that_ruby_reaches
    held = edges
    checked = 0
    missing = File.foreach(path("truth"), chomp: true).flat_map do |line|
      holder, *targets = line.split.map(&:to_i)
      next [] unless held.key?(holder) || targets.empty?

      checked += targets.size
      (targets - held.fetch(holder, [])).map { |target| [holder, target] }
    end
    assert_operator checked, :>, 20_000, "there is something to compare"
    assert_empty missing.map { |edge| describe(*edge) }
  end

  def test_objects_are_those_of_dump_all
    lines = File.foreach(path("all.json")).grep_v(/"type":"(ROOT|SHAPE)"/)
    heapq("load", path("all.json"), "--strict", db: path("all.db"))
    counted = sql("SELECT value FROM meta WHERE key = 'objects'", db: path("all.db")).first.to_i
    assert_equal lines.size, counted, "every line of dump_all is an object"

    theirs = lines.to_h { |line| [line[/"address":"0x(\h+)"/, 1].to_i(16), line[/"type":"(\w+)"/, 1]] }
    ours = sql("SELECT o.address, t.name FROM objects o JOIN types t USING (type) WHERE o.type > 0")
           .to_h { |address, type| [address.to_i, type.delete_prefix("T_")] }
    assert_empty ours.reject { |address, type| theirs[address] == type }, "what only we see"
    later = theirs.reject { |address, _| ours.key?(address) }
    # The dump's own result and what writing dump_all needs.
    assert_operator later.size, :<, 200, "what only dump_all saw: #{later.values.tally}"
  end

  def test_nothing_is_unreachable_after_gc
    load_dump(path("collected.json"), db: path("collected.db"))
    lost = sql("SELECT type, class, count(*) FROM v_objects WHERE depth IS NULL AND type <> '(missing)' GROUP BY 1, 2",
               db: path("collected.db"))
    assert_empty lost
  end

  def test_nothing_is_referred_to_that_is_not_there
    assert_equal "0", sql("SELECT value FROM meta WHERE key = 'ghosts'").first
  end

  private

  def edges
    rows = sql("SELECT s.address, d.address FROM v_edges e JOIN objects s ON s.id = e.src JOIN objects d ON d.id = e.dst")
    rows.each_with_object(Hash.new { |hash, key| hash[key] = [] }) do |(source, target), held|
      held[source.to_i] << target.to_i
    end
  end

  def describe(*addresses)
    addresses.map do |address|
      row = sql("SELECT type, coalesce(class, ''), coalesce(kind, '') FROM v_objects WHERE id = " \
                "(SELECT id FROM objects WHERE address = #{address})").flatten
      format("0x%x %s", address, row.join(" ").strip)
    end.join(" -> ")
  end
end
