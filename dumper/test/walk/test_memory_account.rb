# frozen_string_literal: true

require_relative "../capture/capture_helper"

# The header's "memory" against programs whose memory is known.
class TestMemoryAccount < Minitest::Test
  include TakeHelper

  MB = 1 << 20
  # Strings are longer than any slot, so that malloc has their text.
  #
  # Amounts agree within a tenth, or within this.
  TOLERANCE = 3 * MB

  # A program whose work is done in a thread that has ended, so that no stale
  # word on a stack keeps what the work dropped.
  def account_of(work, options: "", env: {})
    ruby(<<~RUBY, env: env, options: ["-rheap_dump", "-rfiddle"])
      def work
        #{work}
        nil
      end
      Thread.new { work }.join
      HeapDump.dump("dump.json"#{options})
    RUBY
    header = JSON.parse(File.open(path, &:gets).delete_prefix("["))
    account = header.fetch("memory")
    skip "pagemap cannot be read here" unless account["resident"]
    account
  end

  def near(expected, actual, what)
    assert_in_delta expected, actual, [expected / 10, TOLERANCE].max, what
  end

  # Up to Ruby 3.2, 32 MiB are allocated for short-lived elements and mostly not
  # resident.
  TRANSIENT_HEAP = RUBY_VERSION < "3.3" ? 32 * MB : 0

  def malloc_in_use(account)
    mapped = [account["allocator"].fetch("mapped", 0), account["resident"]["anonymous"]].min
    account["allocator"]["in_use"] + mapped
  end

  # What malloc gave out and no Ruby object has. Up to Ruby 3.0 malloc has the
  # pages of the heap, too.
  def native(account)
    pages = account["resident"]["ruby_heap_in_malloc"] ? account["gc_stat"]["heap_allocated_pages"] : 0
    malloc_in_use(account) - (pages * account["pages"]["size"]) - account["objects"]["owned"] -
      account["garbage"]["owned"]
  end

  def sizes_are_known(account)
    assert_empty account["left_out"].slice("objects", "garbage")
  end

  def test_parts_add_up_to_the_rss
    account = account_of("$kept = Array.new(300_000) { |i| i.to_s * 20 }")
    resident = account["resident"].reject { |key, _| key == "ruby_heap_in_malloc" }
    assert_in_delta account["rss"], resident.values.sum, account["rss"] * 0.03
    assert_operator resident["ruby_heap"], :>, 300_000 * 40
    assert_operator account["peak_rss"], :>=, account["rss"] * 0.97
    assert_operator account["threads"], :>=, 1
    assert_equal "glibc", account["allocator"]["name"]
    figures = account["gc_stat"]
    assert_operator figures["count"], :>, 0
    assert_operator figures["heap_live_slots"], :>, 300_000
  end

  def test_what_live_objects_and_garbage_own
    account = account_of(<<~RUBY)
      $kept = Array.new(60_000) { "k" * 900 }
      GC.start
      GC.disable
      60_000.times { "g" * 1000 }
    RUBY
    sizes_are_known(account)
    near(60_000 * 912, account["objects"]["owned"], "owned by live objects")
    near(60_000 * 1008, account["garbage"]["owned"], "owned by garbage")
    assert_operator account["garbage"]["count"], :>=, 59_000
    assert_operator native(account), :<, 16 * MB
  end

  def test_garbage_on_pages_without_a_live_object
    account = account_of("GC.disable; 500_000.times { Object.new }")
    sizes_are_known(account)
    near(500_000 * 40, account["garbage"]["slots"], "slots of garbage")
    pools = account["pools"].values
    assert_equal account["garbage"]["count"], pools.sum { |pool| pool["garbage"] }
    assert_equal account["pages"]["found"], pools.sum { |pool| pool["pages"] }
    assert_operator account["pages"]["found"], :>, account["pages"]["with_objects"]
    assert_equal account["gc_stat"]["heap_allocated_pages"], account["pages"]["found"]
  end

  # Of pages that Ruby keeps without any object, too.
  def test_pages_without_any_object
    account = account_of("2_000_000.times.map { Object.new }", options: ", gc: true")
    assert_equal account["gc_stat"]["heap_allocated_pages"], account["pages"]["found"]
    assert_operator account["pages"]["found"], :>, account["pages"]["with_objects"]
  end

  # Ruby 3.2 has no function that returns the size of a slot: its pages say it.
  def test_sizes_of_slots
    program = "$long = Array.new(50_000) { |i| %w[abcdefghijklmnopqrst].first * 5 + i.to_s }"
    account = account_of(program)
    sizes_are_known(account)
    strides = account["pools"].keys.map(&:to_i)
    expected = RUBY_VERSION < "3.2" ? [40] : [40, 80, 160, 320, 640]
    assert_empty strides - expected
    assert_equal account["objects"]["slots"], account["pools"].sum { |stride, pool| stride.to_i * pool["live"] }
    return if RUBY_VERSION < "3.2"

    assert_operator account["pools"]["160"]["live"], :>=, 50_000
    assert_operator account["objects"]["owned"], :<, 10 * MB
  end

  def test_native_memory_is_what_no_object_has
    account = account_of(<<~RUBY)
      $blocks = Array.new(20_000) { Fiddle.malloc(4_000).tap { |block| Fiddle::Pointer.new(block)[0, 4_000] = "x" * 4_000 } }
    RUBY
    sizes_are_known(account)
    near(20_000 * 4_016, native(account), "native memory")
  end

  def test_memory_that_malloc_keeps
    account = account_of(<<~RUBY, options: ", gc: true")
      strings = Array.new(100_000) { "x" * 1000 }
      $kept = strings.each_slice(25).map(&:first)
    RUBY
    resident = account["resident"]
    free = resident["main_heap"] + resident["arenas"] + resident["ruby_heap_in_malloc"].to_i -
           account["allocator"]["in_use"]
    assert_operator free, :>, 40 * MB
    assert_operator account["allocator"]["arenas"], :>=, 1
  end

  def test_pages_that_few_objects_keep
    account = account_of(<<~RUBY, options: ", gc: true")
      objects = Array.new(1_000_000) { Object.new }
      $kept = objects.each_slice(1_500).map(&:first)
    RUBY
    pages = account["pages"]
    assert_operator pages["sparse"], :>, pages["with_objects"] / 2
    sizes_are_known(account)
    pools = account["pools"].values
    assert_equal account["objects"]["count"], pools.sum { |pool| pool["live"] }
    assert_equal account.dig("garbage", "count").to_i, pools.sum { |pool| pool["garbage"] }
    pools.each { |pool| assert_equal pool["pages"], pool["pages_by_tenths"].sum }
    assert_operator pools.sum { |pool| pool["pages_by_tenths"][0] }, :>=, pages["sparse"]
  end

  def test_stacks_of_threads
    account = account_of(<<~RUBY)
      def descend(n)
        return Array.new(1) { descend(n - 1) } if n > 0
        Thread.current[:deep] = true
        sleep
      end
      threads = Array.new(50) { Thread.new { descend(300) } }
      sleep 0.01 until threads.all? { |thread| thread[:deep] }
    RUBY
    assert_operator account["resident"]["thread_stacks"], :>, 50 * 32 * 1024
  end

  def test_with_garbage_in_the_dump
    account = account_of("100_000.times { Object.new }", options: ", garbage: true")
    refute account.key?("garbage")
    assert_operator account["pages"]["with_objects"], :>, 0
  end

  def test_in_place_and_by_fork
    [":in_place", ":fork"].each do |mode|
      account = account_of("$kept = Array.new(60_000) { 'k' * 900 }", options: ", mode: #{mode}")
      assert_operator malloc_in_use(account), :>, 50_000_000, mode
      assert_empty account["left_out"], mode
    end
  end

  # A thread that is not in the copy may hold malloc's lock there for good, or
  # have left malloc's lists half written.
  def test_an_allocator_that_is_at_work
    ruby(<<~'RUBY', options: ["-rheap_dump", "-rfiddle"])
      stop = false
      trim = Fiddle::Function.new(Fiddle.dlopen(nil)["malloc_trim"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT)
      thread = Thread.new { trim.call(0) until stop }
      4.times { |i| HeapDump.dump("dump#{i}.json") }
      stop = true
      thread.join
    RUBY
    4.times do |i|
      account = JSON.parse(File.open(path("dump#{i}.json"), &:gets).delete_prefix("["))["memory"]
      known = account["allocator"].key?("in_use")
      reasons = known ? [nil] : ["the allocator was locked", "the allocator was at work"]
      assert_includes reasons, account["left_out"]["allocator"]
    end
  end

  def test_extensions_that_report_no_size
    # Up to now, all Rubies have encodings as objects without a size.
    account = account_of("$encodings = Encoding.list")
    encoding = File.foreach(path).find { |line| line.include?('"name":"Encoding"') }[/"id":(\d+)/, 1]
    assert_in_delta Encoding.list.size, account["unsized"].fetch(encoding), Encoding.list.size / 2
    # libruby, or the program where it is linked statically.
    assert_match(/ruby/, account["unsized_libraries"].fetch(encoding))
  end

  def test_jemalloc
    library = Dir["/usr/lib/*/libjemalloc.so.2"].first or skip "libjemalloc2 is not installed"
    account = account_of("$kept = Array.new(60_000) { 'k' * 900 }", env: { "LD_PRELOAD" => library })
    assert_equal "jemalloc", account["allocator"]["name"]
    assert_operator account["allocator"]["in_use"], :>, 50_000_000
    assert_operator account["allocator"]["resident"], :>=, account["allocator"]["in_use"]
    assert_operator account["allocator"]["resident"], :<, (account["rss"] * 1.2) + TRANSIENT_HEAP
  end
end
