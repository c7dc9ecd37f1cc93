# frozen_string_literal: true

require_relative "support/end_to_end"

# What the questions about the whole heap say of programs that leak, each in
# its own way: programs/leaking.rb.
class SuspectsTest < Minitest::Test
  include EndToEnd

  # Hops of the first suspect's masked path, and what it is full of.
  FIRST = {
    "handlers" => [["Bus::INSTANCE", "@handlers"], "Proc"],
    "cache" => [["Cache", "@entries"], "Request"],
    "memo" => [["Memo", "@@results"], "Request"],
    "queue" => [["$jobs"], "Request"],
    "thread" => [["[:seen]"], "Request"],
    "list" => [["$list"], "Node"]
  }.freeze

  def test_the_leak_is_the_first_suspect
    FIRST.each do |leak, (path, held)|
      leaking(leak)
      first = heapq_json("suspects")["suspects"].first
      refute_nil first, leak
      assert_equal path, path.select { |label| first["path"].any? { |hop| hop.include?(label) } }, "#{leak}: #{first}"
      assert_equal [1, "likely"], first.values_at("rank", "level"), "#{leak}: #{first}"
      assert_operator first["count"], :>=, 2999, "#{leak}: #{first}"
      assert_includes first["held"], held, "#{leak}: #{first}"
      assert_operator first["share"], :>, 0.1, leak
    end
  end

  def test_the_line_that_makes_the_closures_is_named
    leaking("handlers")
    where = heapq_json("suspects")["suspects"].first["where"]
    assert_equal "leaking.rb", File.basename(where["file"])
    assert_match(/Request.new\(n\)/, File.readlines(where["file"])[where["line"] - 1])
    text = heapq("suspects")
    assert_match(/\A1\. LIKELY: /, text)
    assert_match(/^   Look at .*leaking\.rb:#{where['line']}: /, text)
    assert_match(/^   Why: .*closures/, text)
  end

  def test_fingerprints_are_the_same_in_every_process_and_dump
    FIRST.each_key do |leak|
      prints = Array.new(2) do
        leaking(leak)
        load_dump(path("dump2.json"), db: path("later.db"))
        [heapq_json("suspects"), heapq_json("suspects", db: path("later.db"))]
          .map { |said| said["suspects"].map { |suspect| suspect["fingerprint"] } }
      end
      assert_equal 1, prints.flatten(1).map(&:first).uniq.size, "#{leak}: #{prints}"
    end
  end

  def test_known_suspects_are_marked
    leaking("cache")
    known = heapq_json("suspects")["suspects"].map { |suspect| suspect["fingerprint"] }
    File.write(path("known"), "# ours\n#{known.first} the cache\n0123456789abcdef was mended\n")
    said = heapq_json("suspects", "--known", path("known"))
    assert_equal "KNOWN", said["suspects"].first["state"]
    assert_equal ["NEW"], said["suspects"].drop(1).map { |suspect| suspect["state"] }.uniq if known.uniq.size > 1
    assert_equal ["0123456789abcdef"], said["gone"]
  end

  # What has ended, and what a rule says has, ends the part of the path that can
  # be to blame.
  def test_what_should_be_dead_narrows_the_path
    { "files" => %w[closed File], "threads" => ["has ended", "Thread"], "fibers" => ["has ended", "Fiber"] }.each do |leak, (reason, type)|
      leaking(leak)
      steps = steps_to_a_request
      dead = steps.find { |step| step["liveness"] == "dead" }
      assert_equal [reason, type], [dead&.fetch("reason"), dead&.dig("object", "class")], "#{leak}: #{steps}"
      assert_equal dead, steps.select { |step| step["suspect"] }.last, leak
    end
  end

  def test_rules_say_what_the_program_knows
    leaking("handlers")
    File.write(path("rules.json"), JSON.generate("rules" => [
      { "class" => "Request", "when" => { "@finished" => true }, "is" => "dead", "reason" => "it was answered" },
      { "class" => "Hash", "is" => "alive", "reason" => "handlers stay" }
    ]))
    text = sql("SELECT printf('0x%x', s.address) FROM v_edges e JOIN objects s ON s.id = e.dst JOIN v_objects r ON r.id = e.src " \
               "WHERE r.class = 'Request' AND e.label = '@body' LIMIT 1").first
    said = heapq_json("why-alive", text, "--rules", path("rules.json"))
    steps = said["paths"].first["steps"]
    suspects = steps.select { |step| step["suspect"] }
    assert_equal ["[:request]", "Request"], [suspects.first["edge"]["label"], suspects.last["object"]["class"]]
    assert_equal ["dead", "it was answered"], suspects.last.values_at("liveness", "reason")
    assert_equal "@body", steps.last["edge"]["label"]
    refute steps.last["suspect"]
    table = heapq("why-alive", text, "--rules", path("rules.json"))
    assert_match(/^Alive for a reason: .*\(handlers stay\)$/, table)
    assert_match(/^Should be dead: #<Request:0x\h+> \(it was answered\)$/, table)
    assert_match(/^Suspect: \[:request\] → /, table)
  end

  def test_growth_is_told_between_dumps
    leaking("cache")
    load_dump(path("dump2.json"), db: path("later.db"))
    said = JSON.parse(heapq("diff", path("heap.db"), path("later.db"), "--format", "json"))
    requests = said["classes"].find { |row| row["name"] == "Request" }
    assert_equal 1000, requests["growth"]["count"]
    refute said["compacted"]
    grown = said["growth"].find { |each| each["held_class"] == "Request" }
    assert_equal 1000, grown["growth"]["count"]
    assert_match(/@entries/, grown["holder"] + grown["object_path"].join)
    assert_includes said["verdict"], "Request"
    against = heapq_json("suspects", "--against", path("heap.db"), db: path("later.db"))
    assert_equal grown["fingerprint"], against["suspects"].first["fingerprint"]
    assert_equal 1000, against["suspects"].first["growth"]["count"]
  end

  def test_growth_does_not_depend_on_reused_addresses
    %w[gem dump_all].each do |format|
      ruby(File.join(__dir__, "programs/reused_addresses.rb"), format)
      files = (1..3).map { |number| path("#{format}.#{number}.db") }
      files.each.with_index(1) { |file, number| load_dump(path("dump.#{number}"), db: file) }
      said = JSON.parse(heapq("diff", *files, "--format", "json"))
      assert_match(/\ALikely a leak: Leak in .* grew twice, 300 a dump, by /, said["verdict"], format)
      grown = said["growth"].first
      assert_equal [0, 300, 600], grown["growth"]["amounts"].map { |amount| amount["count"] }, format
      refute_includes said["growth"].map { |each| each["held_class"] }, "Request", format
      assert_equal 1, said["notes"].count { |note| note.include?("compared by address") }, format
      stayed = said["added"].find { |group| group["class"] == "Request" }
      assert_operator stayed ? stayed["count"] : 0, :<, 250, "#{format}: of 5,000, none of which stayed"
      assert_operator said["reused_count"], :>, 0, format
      against = heapq_json("suspects", "--against", files[0], files[1], db: files[2])["suspects"]
      assert_equal %w[Leak likely], against.first.values_at("held_class", "level"), format
      still = against.find { |suspect| suspect["held_class"] == "Request" }
      assert_equal "possible", still["level"], "#{format}: it did not grow" if still
    end
  end

  def test_a_compaction_between_dumps_is_noticed_and_survived
    leaking("cache", "compact")
    load_dump(path("dump2.json"), db: path("later.db"))
    said = JSON.parse(heapq("diff", path("heap.db"), path("later.db"), "--format", "json"))
    assert said["compacted"]
    assert_match(/compacted between the dumps \(0 times before, 1 after\)/, said["notes"].first)
    assert_equal 1000, said["classes"].find { |row| row["name"] == "Request" }["growth"]["count"]
    suspect = said["suspects"].find { |row| row["where"].include?("@entries") }
    assert_operator suspect["growth"]["retained"], :>, 0
  end

  def test_retained_sizes_sum_up
    leaking("queue")
    whole, reached, size, lost, outermost = sql(<<~SQL).first.map(&:to_i)
      SELECT (SELECT value FROM meta WHERE key = 'size'), (SELECT value FROM meta WHERE key = 'reachable_size'),
             (SELECT sum(size) FROM objects), (SELECT coalesce(sum(size), 0) FROM objects WHERE tier IS NULL),
             (SELECT sum(retained) FROM objects WHERE idom = 0)
    SQL
    assert_equal [size, outermost], [whole, reached]
    assert_equal whole, reached + lost
    assert_equal reached, heapq_json("tree")["rows"].first["retained"]
  end

  private

  def leaking(*arguments)
    ruby(File.join(__dir__, "programs/leaking.rb"), *arguments)
    load_dump
  end

  # Of the first request that is held by something that has ended.
  def steps_to_a_request
    address = sql("SELECT address FROM v_objects WHERE class = 'Request' AND retained IS NOT NULL LIMIT 1").first
    heapq_json("why-alive", address)["paths"].first["steps"]
  end
end
