# frozen_string_literal: true

require "csv"
require "set"
require_relative "support/exported_heap"

# Exports of a real heap, each opened by a tool that it is made for.
class ExportsTest < Minitest::Test
  include ExportedHeap

  # The same graph comes back: sizes, classes, references, dominators.
  def test_dump_all_goes_round
    heapq("export", "--to", "dump_all", "-o", path("all.json"))
    heapq("load", path("all.json"), "--strict", db: path("again.db"))
    assert_equal ["ObjectSpace.dump_all"], sql("SELECT value FROM meta WHERE key = 'format'", db: path("again.db"))
    [
      "SELECT o.id, o.address, o.type, o.kind, o.class, o.size, o.generation, o.file, o.line, o.flags & 63 FROM " \
      "(SELECT v.*, r.flags FROM v_objects v JOIN objects r ON r.id = v.id) o ORDER BY 1",
      "SELECT src, dst, count(*) FROM v_edges GROUP BY 1, 2 ORDER BY 1, 2",
      "SELECT category, dst FROM roots WHERE NOT weak ORDER BY 1, 2",
      "SELECT id, idom, retained FROM objects ORDER BY id"
    ].each do |query|
      assert_same_rows sql(query), sql(query, db: path("again.db"))
    end
  end

  def test_heapy_reads_dump_all
    needs("heapy", "ruby-heapy")
    heapq("export", "--to", "dump_all", "-o", path("all.json"))
    refute_includes run_command("heapy", "read", path("all.json")), "Could not parse"
    generation = sql("SELECT generation FROM v_objects WHERE class = 'Shop::Order' LIMIT 1").first
    report = run_command("heapy", "read", path("all.json"), generation)
    assert_match(/exported\.rb:\d+/, report)
    bytes = report[/allocated by memory \((\d+)\)/, 1]
    assert_equal sql("SELECT sum(size) FROM v_objects WHERE generation = #{generation} AND file IS NOT NULL").first, bytes
  end

  def test_graphviz_draws_dot
    needs("dot", "graphviz")
    bus = sql("SELECT address FROM v_objects WHERE class = 'Bus'").first
    heapq("export", "--to", "dot", "--around", bus, "--depth", "3", "-o", path("heap.dot"))
    drawn = JSON.parse(run_command("dot", "-Tjson", path("heap.dot")))
    labels = drawn.fetch("edges").map { |edge| edge["label"] }
    assert_includes labels, "Bus::INSTANCE"
    assert_includes labels, "@handlers"
    middle = drawn.fetch("objects").find { |object| object["penwidth"] == "3" }
    assert_includes middle["label"], bus
    assert_includes run_command("dot", "-Tsvg", path("heap.dot")), "</svg>"
  end

  # Texts that would end a label, around an object that holds them all.
  def test_graphviz_takes_every_text
    needs("dot", "graphviz")
    nasty = sql("SELECT printf('#%d', dst) FROM roots WHERE name = '$nasty'").first
    heapq("export", "--to", "dot", "--around", nasty, "-o", path("heap.dot"))
    drawn = JSON.parse(run_command("dot", "-Tjson", path("heap.dot")))
    names = drawn.fetch("objects").map { |object| object["name"] }
    assert_operator names.grep(/\An\d+\z/).size, :>, 10
    count = File.read(path("heap.dot")).scan(/^  n\d+ -> n\d+ /).size
    inner = drawn["edges"].count { |edge| [edge["tail"], edge["head"]].all? { |at| names[at].start_with?("n") } }
    assert_equal count, inner
    svg = run_command("dot", "-Tsvg", path("heap.dot"))
    assert_includes svg, "&amp;lt;", "an entity in a text stays text"
    refute_includes svg, "<script>"
  end

  def test_csv_holds_the_tables
    heapq("export", "--to", "csv", "-o", path("tables"))
    assert_equal %w[classes.csv edges.csv namespaces.csv objects.csv roots.csv], Dir.children(path("tables")).sort
    objects = CSV.read(path("tables/objects.csv"), headers: true)
    assert_equal sql("SELECT id, size FROM objects ORDER BY id"), objects.map { |row| [row["id"], row["size"]] }
    # Ruby's CSV reads the texts as SQLite has them.
    texts = objects.map { |row| row["value"] }
    ["quo\"te's, comma; semicolon", "line\nbreak\r\n", "nul \0 inside"].each { |text| assert_includes texts, text }
    edges = CSV.read(path("tables/edges.csv"), headers: true)
    assert_same_rows sql("SELECT src, dst FROM v_edges UNION ALL SELECT src, dst FROM weak_edges"),
                     edges.map { |row| [row["src"], row["dst"]] }
    one = heapq("export", "--to", "csv", "--table", "classes")
    assert_equal File.read(path("tables/classes.csv")), one
    # SQLite's own reader agrees.
    count = run_command("sqlite3", ":memory:", "-cmd", ".import --csv #{path('tables/objects.csv')} o", "SELECT count(*), sum(size) FROM o")
    assert_equal sql("SELECT count(*) || '|' || sum(size) FROM objects").first, count.chomp
  end

  def test_bson_takes_mongo_documents
    begin
      require "bson"
    rescue LoadError
      skip "SKIPPED: ruby-bson is not there; install Debian's ruby-bson"
    end
    heapq("export", "--to", "mongo", "-o", path("heap.mongo"))
    ids = Set.new
    sizes = 0
    references = 0
    parts = 0
    File.foreach(path("heap.mongo")) do |line|
      document = JSON.parse(line)
      bson = document.to_bson.length
      assert_operator bson, :<, 16 * 1024 * 1024
      assert ids.add?(document.fetch("_id")), line[0, 200]
      assert keys_of(document).all? { |key| key.match?(/\A[a-z_]+\z/) }, line[0, 200]
      sizes += document["size"].to_i
      references += document.fetch("refs", []).size
      parts += 1 if document.key?("of")
    end
    assert_equal sql("SELECT sum(size) FROM objects").first.to_i, sizes
    assert_equal sql("SELECT (SELECT count(*) FROM v_edges) + (SELECT count(*) FROM weak_edges)").first.to_i, references
    assert_operator parts, :>, 0, "the wide array is more than one document"
  end

  def test_promtool_checks_openmetrics
    needs("promtool", "prometheus")
    text = heapq("export", "--to", "openmetrics", "--app", "shop \"1\"\\", "--host", "web-1")
    out, status = Open3.capture2e("promtool", "check", "metrics", stdin_data: text)
    assert status.success?, out
    assert_empty out
    count = sql("SELECT count FROM classes WHERE name = 'Shop::Order'").first
    assert_match(/^ruby_heap_class_objects\{app="shop \\"1\\"\\\\",host="web-1",pid="\d+",class="Shop::Order"\} #{count}$/, text)
    assert_match(/^ruby_heap_namespace_retained_bytes\{.*namespace="Shop"\} \d+$/, text)
    assert text.end_with?("\n# EOF\n")
    # The parser of OpenMetrics itself; it wants to know when.
    File.write(path("metrics"), text.gsub(/^(ruby_.*)$/) { "#{Regexp.last_match(1)} #{1_700_000_000}" })
    run_command("promtool", "tsdb", "create-blocks-from", "openmetrics", path("metrics"), path("tsdb"))
    assert_equal 1, Dir[path("tsdb/*/index")].size
  end

  # A reader that leaves ends the export as it ends any filter. A full disk is
  # reported in one line.
  def test_what_cannot_be_written_is_told
    %w[heapsnapshot hprof dump_all folded speedscope pprof mongo openmetrics clickhouse postgres].each do |format|
      read, write = IO.pipe
      read.close
      pid = spawn(HEAPQ, "--db", path("heap.db"), "export", "--to", format, out: write, err: path("err"))
      write.close
      _, status = Process.wait2(pid)
      assert_equal Signal.list["PIPE"], status.termsig, format
      assert_empty File.read(path("err")), format
      pid = spawn(HEAPQ, "--db", path("heap.db"), "export", "--to", format, out: "/dev/full", err: path("err"))
      _, status = Process.wait2(pid)
      assert_equal 1, status.exitstatus, format
      assert_match(/\Aheapq: can't write the output: No space left on device; [^\n]*\n\z/, File.read(path("err")), format)
    end
  end

  private

  def keys_of(value)
    case value
    when Hash then value.keys + value.values.flat_map { |inner| keys_of(inner) }
    when Array then value.flat_map { |inner| keys_of(inner) }
    else []
    end
  end
end
