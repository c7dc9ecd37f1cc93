# frozen_string_literal: true

require_relative "support/end_to_end"

# What heapq reads besides its own gem's dumps.
class FormatsTest < Minitest::Test
  include EndToEnd

  SAMPLE = File.join(__dir__, "programs/first_format.json")

  # As the first gem wrote them: short strings in place of references, a hash
  # as an object, an iseq inside a proc, references only by their size.
  def test_the_first_gems_dumps
    summary = heapq_json("load", SAMPLE)
    assert_equal 1, summary["schema_version"]
    assert_equal "heap_dump 1", meta("format")
    assert_equal "12", meta("objects")
    # The iseq has no record of its own here; the proc tells of it.
    assert_equal %w[block\ in\ subscribe acceptor.rb 91],
                 sql("SELECT f.value FROM fields f JOIN names n ON n.id = f.label " \
                     "WHERE n.text IN ('name', 'filename', 'line') AND f.src = " \
                     "(SELECT src FROM fields WHERE value = 'block in subscribe') " \
                     "ORDER BY f.n").flatten
    # Integers of the program are none.
    assert_empty sql("SELECT 1 FROM objects WHERE address < 1000")

    path = heapq_json("why-alive", "70313627750040").fetch("paths").first
    assert_equal "classes", path.dig("root", "category")
  end

  def test_dump_all_of_a_live_process_answers_why_alive
    ruby("-robjspace", "-e", <<~RUBY, path("all.json"))
      class Kept; end
      class Holder; def initialize(kept); @kept = [nil, kept]; end; end
      HOLDER = Holder.new(Kept.new)
      GC.start
      ObjectSpace.dump_all(output: File.open(ARGV[0], "w"))
    RUBY
    heapq("load", path("all.json"), "--strict")
    id = sql("SELECT printf('0x%x', address) FROM objects WHERE id = " \
             "(SELECT id FROM v_objects WHERE class = 'Kept')").first
    answer = heapq_json("why-alive", id)
    assert_equal "alive", answer["verdict"]
    assert_equal %w[T_OBJECT T_ARRAY T_OBJECT], answer["paths"][0]["steps"].last(3).map { |step| step["object"]["type"] }
  end

  def test_compressed_dumps
    ruby("-rheap_dump", "-e", <<~RUBY, path("dump"))
      $kept = "found in both"
      HeapDump.dump(ARGV[0] + ".json.gz", compress: :gzip)
      HeapDump.dump(ARGV[0] + ".json.zst", compress: :zstd)
    RUBY
    %w[gz zst].each do |extension|
      load_dump(path("dump.json.#{extension}"), db: path("#{extension}.db"))
      found = sql("SELECT count(*) FROM strings WHERE value = 'found in both'", db: path("#{extension}.db"))
      assert_operator found.first.to_i, :>=, 1, extension
    end
  end

  # Data is redacted, the names in the program's code are not: they tell where
  # the leak is.
  def test_redacted_dumps_name_the_code
    File.write(path("shop.rb"), <<~'RUBY')
      class Order; end
      class Registry
        def initialize; @subscribers = []; end
        def subscribe(&block) @subscribers << block; end
      end
      $registry = Registry.new
      def listen
        kept_order = Order.new
        kept_order.instance_variable_set("@of_#{"4711" * 3}", 3_141_592_653.5)
        $registry.subscribe { kept_order }
      end
      listen
      %i[none hash].each { |mode| HeapDump.dump("#{mode}.json", strings: mode) }
    RUBY
    ruby("-rheap_dump", path("shop.rb"))
    %w[none hash].each do |mode|
      db = path("#{mode}.db")
      load_dump(path("#{mode}.json"), db: db)
      order = sql("SELECT printf('0x%x', address) FROM objects WHERE id = " \
                  "(SELECT id FROM v_objects WHERE class = 'Order')", db: db).first
      answer = heapq("why-alive", order, db: db)
      %w[$registry @subscribers kept_order].each { |name| assert_includes answer, name, mode }
      assert_match(%r{Look at .*/shop\.rb:10: block in Object#listen captures local kept_order}, answer, mode)
      shown = heapq("show", order, db: db)
      assert_match(mode == "none" ? /^@\(redacted\) +\(Float\)$/ : /^@\(redacted \h{16}\) +\(Float \h{16}\)$/, shown)
      refute_match(/4711|3141592653/, answer + shown)
    end
  end

  private

  def meta(key)
    sql("SELECT value FROM meta WHERE key = '#{key}'").first
  end
end
