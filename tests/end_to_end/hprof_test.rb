# frozen_string_literal: true

require_relative "support/exported_heap"

# VisualVM's own library as a referee: it must find each object with its class,
# size, text and references in the Java heap dump.
class HprofTest < Minitest::Test
  include RealHeap

  LIBRARY = "/usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar"
  REFEREE = File.join(__dir__, "referees/Hprof.java")

  def setup
    super
    needs("javac", "default-jdk-headless")
    skip "SKIPPED: VisualVM's library is not there; install Debian's visualvm" unless File.file?(LIBRARY)
    heapq("export", "--to", "hprof", "-o", path("heap.hprof"))
  end

  def test_visualvm_finds_what_heap_db_has
    @seen = run_command("java", "-cp", LIBRARY, REFEREE, path("heap.hprof"))
            .lines(chomp: true).map { |line| line.split("\t") }.group_by(&:shift)
    objects_and_classes
    references
    roots
    names
    sizes
  end

  # Between two heap dump segments nothing else may stand: VisualVM's library
  # reads no further, without a word where there are few names.
  def test_segments_follow_each_other
    tags = record_tags(File.binread(path("heap.hprof")))
    assert_equal [0x05, [0x01, 0x02], 0x1c, 0x2c].flatten.sort, tags.uniq.sort
    dump = tags.drop_while { |tag| tag != 0x1c }
    assert_operator dump.size, :>, 10
    assert_equal [0x2c], dump.drop_while { |tag| tag == 0x1c }
  end

  # Sizes are what a dump claims. Bytes are written for what is there.
  def test_a_claimed_size_is_not_written
    FileUtils.cp(exported_db, path("claims.db"))
    run_command("sqlite3", path("claims.db"), "UPDATE objects SET size = 1000000000000 WHERE id % 1000 = 5")
    heapq("export", "--to", "hprof", "-o", path("claims.hprof"), db: path("claims.db"))
    assert_operator File.size(path("claims.hprof")), :<, File.size(path("heap.hprof")) + 17 * File.size(path("claims.db"))
  end

  private

  def record_tags(bytes)
    at = bytes.index("\0") + 13 # the version, bytes of an id, the time
    tags = []
    while at < bytes.bytesize
      tags << bytes.getbyte(at)
      at += 9 + bytes.byteslice(at + 5, 4).unpack1("N")
    end
    assert_equal bytes.bytesize, at
    tags
  end

  def objects_and_classes
    expected = sql("SELECT o.address, coalesce(v.class, named.name, '(anonymous) ' || '0x' || nullif(printf('%x', c.address), '0'), " \
                   "'(' || coalesce(v.kind, v.type) || ')'), o.size FROM objects o JOIN v_objects v ON v.id = o.id " \
                   "LEFT JOIN classes raw ON raw.id = o.class LEFT JOIN objects c ON c.id = raw.\"real\" " \
                   "LEFT JOIN classes named ON named.id = raw.\"real\" WHERE o.type NOT IN (2, 3)")
    assert_operator expected.size, :>, 250_000
    found = @seen["object"].map { |id, class_name, size| [id, unescaped(class_name).tr(".", "/"), size] }
    wanted = expected.map { |id, class_name, size| [id, class_name.tr(".", "/"), size] }
    assert_same_rows wanted, found
    assert_same_rows sql("SELECT address, size FROM objects WHERE type IN (2, 3)"),
                     @seen["class"].map { |id, size| [id, size] }
  end

  # Being an instance of a class is no reference of its own there.
  def references
    expected = sql("SELECT s.address, d.address FROM v_edges e JOIN objects s ON s.id = e.src " \
                   "JOIN objects d ON d.id = e.dst JOIN v_objects v ON v.id = e.src " \
                   "LEFT JOIN classes c ON c.id = s.class WHERE s.type IN (2, 3) OR e.n IS NOT NULL OR e.dst <> c.\"real\"")
    found = []
    @seen["object"].each { |id, _, _, _, _, *to| to.each { |each| found << [id, each[/\d+\z/]] } }
    @seen["class"].each { |id, _, *to| to.each { |each| found << [id, each[/\d+\z/]] } }
    assert_same_rows expected, found
  end

  def roots
    expected = sql("SELECT DISTINCT o.address FROM roots r JOIN objects o ON o.id = r.dst WHERE NOT r.weak")
    assert_same_rows expected.map { |id| [id] }, @seen["root"].map { |id, _| [id] }.uniq
  end

  def names
    order = @seen["object"].find { |_, class_name, *| class_name == "Shop::Order" }
    assert(order.any? { |field| field.start_with?("@note=") }, order.inspect)
    texts = @seen["object"].map { |_, _, _, _, text| unescaped(text.to_s) }
    ["tab\there", "line\nbreak\r\n", "back\\slash \\N \\.", "<script>alert(1)</script> &lt; \u2028 \u{1f600}"]
      .each { |text| assert_includes texts, text }
    bus = @seen["class"].find { |_, _, *to| to.any? { |each| each.start_with?("INSTANCE=") } }
    refute_nil bus, "a constant is a static member"
  end

  # A tool there counts by its own rules, but no less than Ruby does.
  def sizes
    large = sql("SELECT address, size FROM objects WHERE type = 5 ORDER BY size DESC LIMIT 1").first
    retained = @seen["object"].find { |id, *| id == large[0] }[3].to_i
    assert_in_delta large[1].to_i, retained, 1000
  end

  def unescaped(text)
    text.gsub(/(?:\\u\h{4})+/) do |units|
      units.scan(/\h{4}/).map(&:hex).pack("S<*").force_encoding("UTF-16LE").encode("UTF-8")
    end
  end
end
