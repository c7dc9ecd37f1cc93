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
    # The iseq that has no record of its own here stands in that of the proc.
    assert_equal "13", meta("objects")
    assert_equal ["block in subscribe|acceptor.rb|91"],
                 sql("SELECT label || '|' || file || '|' || line FROM iseqs WHERE label LIKE 'block%'").flatten
    assert_match(/^captured by block in subscribe \(acceptor\.rb:91\)/, heapq("owner", "70313627750380"))
    assert_match(/proc acceptor\.rb:91 \(block in subscribe\)/, heapq("owner", "70313627750300"))
    # What an env holds, inlined or not, is not "a reference".
    refute_match(/a reference/, heapq("show", "70313627750380"))
    # Integers of the program are none.
    assert_empty sql("SELECT 1 FROM objects WHERE address < 1000")

    path = heapq_json("why-alive", "70313627750040").fetch("paths").first
    assert_equal "classes", path.dig("root", "category")
  end

  # The sample in the README of the first gem, as it stands there.
  def test_the_sample_in_the_first_gems_readme
    heapq("load", File.join(__dir__, "programs/first_gem_readme.json"))
    place = "block in subscribe (/Users/vasfed/acceptor.rb:91)"
    assert_includes heapq("owner", "70151795224840"), "captured by #{place}, env"
    assert_match(/^proc .*acceptor\.rb:91 \(block in subscribe\)$/, heapq("owner", "70151795145340"))
    refute_match(/a reference/, heapq("show", "70151795224840"))
    assert_includes heapq("owner", "70365602717060"), "block in <class:FileList>"
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

  # dump_all has no names of references; types and strings tell these.
  def test_dump_all_names_code_and_starts_paths_at_constants
    File.write(path("app.rb"), <<~RUBY)
      require "objspace"
      module App
        class Bus
          HANDLERS = []
          def self.on(message) = HANDLERS.push(proc { message + "!" })
        end
      end
      App::Bus.on("hello")
      GC.start
      File.open(ARGV[0], "w") { |file| ObjectSpace.dump_all(output: file) }
    RUBY
    ruby(path("app.rb"), path("all.json"))
    heapq("load", path("all.json"), "--strict")
    code = sql("SELECT DISTINCT i.label || '|' || i.file FROM iseqs i JOIN edges e ON e.dst = i.id " \
               "JOIN v_objects p ON p.id = e.src WHERE p.kind = 'proc' AND i.file LIKE '%app.rb'").flatten
    assert_equal 1, code.size
    assert_match(/\Ablock in .*on\|.*app\.rb\z/, code.first)
    id = sql("SELECT printf('0x%x', o.address) FROM objects o JOIN edges e ON e.src = o.id JOIN iseqs i " \
             "ON i.id = e.dst JOIN v_objects v ON v.id = o.id WHERE v.kind = 'proc' AND i.file LIKE '%app.rb'").first
    owner = heapq("owner", id)
    assert_match(/app\.rb \(block in App::Bus\.on\)$/, owner)
    assert_match(/^captured from App::Bus\.on \(.*app\.rb\), env/, owner)
    path = heapq_json("why-alive", id)["paths"][0]
    assert_equal %w[constants App::Bus], path["root"].values_at("category", "name")
  end

  def test_a_dump_without_roots_does_not_tell_what_is_alive
    ruby("-robjspace", "-e", <<~RUBY, path("since.json"))
      ObjectSpace.trace_object_allocations_start
      GC.start
      generation = GC.count
      KEPT = Array.new(500) { |i| "kept \#{i} " * 20 }
      File.open(ARGV[0], "w") { |file| ObjectSpace.dump_all(output: file, since: generation) }
    RUBY
    assert_match(/no roots.*cannot show what is alive/, heapq("load", path("since.json")))
    id = sql("SELECT printf('0x%x', address) FROM objects WHERE type = 5 ORDER BY size DESC, id LIMIT 1").first
    answer = heapq_json("why-alive", id)
    assert_equal "no_roots", answer["verdict"]
    assert_match(/no roots/, answer["notes"].first)
    [["info"], ["suspects"], ["unreachable"]].each do |command|
      assert_match(/no roots/, heapq(*command), command.join(" "))
    end
    refute_match(/next GC/, heapq("why-alive", id))
    headline = heapq_json("report")["headline"]
    assert(headline.any? { |line| line.include?("no roots") }, headline.inspect)
    refute(headline.any? { |line| line.start_with?("No suspect") }, headline.inspect)
    assert_operator sql("SELECT max(count) FROM v_sites").first.to_i, :>=, 500
    assert_operator heapq_json("top-types")["rows"].sum { |row| row["count"] }, :>=, 500
    heapq("waste")
  end

  # The command in the message is the repair: it is run as it stands there.
  def test_the_named_command_repairs_an_odd_file
    needs("jq", "jq")
    ruby("-robjspace", "-e", "GC.start; ObjectSpace.dump_all(output: File.open(ARGV[0], 'w'))", path("good.json"))
    good = heapq_json("load", path("good.json")).values_at("objects", "edges")
    odd_files.each do |name, make|
      run_command("sh", "-c", make)
      out, err, status = Open3.capture3(HEAPQ, "load", path(name), "--db", path("odd.db"))
      assert_equal 1, status.exitstatus, "#{name}: #{out}"
      repair = err.chomp[/: ([^:]* \| heapq load -)\z/, 1]
      assert repair, "#{name}: #{err}"
      folder = File.dirname(HEAPQ)
      run_command("sh", "-c", "#{repair} --db #{path('odd.db')}", env: { "PATH" => "#{folder}:#{ENV.fetch('PATH')}" })
      found = heapq_json("info", db: path("odd.db"))
      assert_equal good, found.values_at("objects", "edges"), "#{name}: #{repair}"
      File.delete(path("odd.db"))
    end
  end

  # Two processes write into one file, each whole buffers.
  def test_of_interleaved_lines_only_the_torn_ones_are_lost
    ruby("-robjspace", "-e", "ObjectSpace.dump_all(output: File.open(ARGV[0], 'w'))", path("good.json"))
    lines = File.readlines(path("good.json"))
    File.open(path("torn.json"), "w") do |file|
      lines.each_with_index { |line, i| file << line << (i % 97 == 96 ? line[0, 80] : "") }
    end
    objects = lines.count { |line| line.start_with?('{"address"') && !line.include?('"type":"SHAPE"') }
    assert_equal objects, heapq_json("load", path("torn.json"))["objects"]
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

  # Forms in which people have a dump, and how they come about.
  def odd_files
    {
      "x.tar" => "tar cf x.tar good.json",
      "x.tar.gz" => "tar czf x.tar.gz good.json",
      "prefixed.json" => "sed 's/^/2024-05-01T10:00:00.000Z app-7f | /' good.json > prefixed.json",
      "docker.log" => "jq -Rc '{log: (. + \"\\n\"), stream: \"stdout\"}' good.json > docker.log",
      "utf16.json" => "iconv -f utf8 -t utf16 good.json > utf16.json",
      "pretty.json" => "jq . good.json > pretty.json"
    }
  end

  def meta(key)
    sql("SELECT value FROM meta WHERE key = '#{key}'").first
  end
end
