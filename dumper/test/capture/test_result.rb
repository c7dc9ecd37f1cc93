# frozen_string_literal: true

require_relative "capture_helper"

# Where dumps go and what HeapDump.dump says about them.
class TestResult < Minitest::Test
  include TakeHelper

  def test_default_is_dump_json_in_the_working_directory
    ruby("HeapDump.dump")
    assert_equal "clone", assert_whole.first["mode"]
    assert_no_leftovers ["dump.json"]
  end

  def test_positional_form_of_the_first_gem
    ruby("HeapDump.dump('a.json'); HeapDump.dump('b.json', false)")
    assert_whole("a.json")
    assert_whole("b.json")
  end

  def test_collects_garbage_only_when_asked
    counts = ruby(<<~RUBY).split.map(&:to_i)
      [[{}], [{ gc: false }], [{ gc: true }]].each do |options,|
        before = GC.count
        HeapDump.dump(**options)
        puts GC.count - before
      end
      [true, false].each do |gc|
        before = GC.count
        HeapDump.dump("dump.json", gc)
        puts GC.count - before
      end
    RUBY
    assert_equal [0, 0, 1, 1, 0], counts
  end

  def test_only_the_owner_may_read_it
    ruby("File.umask(0); HeapDump.dump")
    assert_equal 0o600, File.stat(path).mode & 0o7777
  end

  def test_result_tells_what_was_written
    out = ruby(<<~RUBY)
      result = HeapDump.dump("dump.json")
      p result.path, result.objects, result.bytes, result.mode, result.fallback
      p result.stop > 0 && result.stop <= result.seconds
    RUBY
    objects = assert_whole.last["objects"]
    assert_equal ['"dump.json"', objects.to_s, File.size(path).to_s, ":clone", "nil", "true"], out.split("\n")
  end

  # A collection that was asked for counts; Ruby's profiler knows how long it
  # took.
  def test_stop_has_the_collection_in_it
    stop, collecting = ruby(<<~RUBY).split.map(&:to_f)
      $heap = Array.new(200_000) { |i| [i.to_s] }
      GC.start
      GC::Profiler.enable
      result = HeapDump.dump(gc: true)
      puts result.stop, GC::Profiler.total_time
    RUBY
    assert_operator collecting, :>, 0
    assert_operator stop, :>=, collecting * 0.9
  end

  # What another thread sees. It may get to run late for other reasons, so one
  # dump of twenty for which both agree to 20 ms or a third is enough.
  def test_stop_is_what_another_thread_sees
    out = ruby(<<~RUBY)
      now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
      $heap = Array.new(100_000) { |i| [i.to_s] }
      gaps = []
      Thread.new do
        last = now.call
        loop do
          sleep 0.0005
          gaps << -(last - (last = now.call))
        end
      end
      20.times do |i|
        sleep 0.01
        gaps.clear
        stop = HeapDump.dump(gc: i.even?).stop
        sleep 0.01
        seen = gaps.max
        puts "\#{i.even?} \#{stop} \#{seen}" if stop > 0 && (seen - stop).abs <= [0.02, seen / 3].max
      end
    RUBY
    assert_equal %w[false true], out.lines.map { |line| line.split.first }.uniq.sort
  end

  def test_stop_is_in_the_header
    out = ruby("p HeapDump.dump.stop, HeapDump.dump('fork.json', mode: :fork).stop; HeapDump.dump('in_place.json', mode: :in_place)")
    stops = [assert_whole, assert_whole("fork.json")].map { |records| records.first["stop_us"] }
    out.split.map(&:to_f).zip(stops) { |told, in_header| assert_in_delta told * 1e6, in_header, 1 }
    refute_includes assert_whole("in_place.json").first, "stop_us"
  end

  def test_rate
    seconds, bytes = ruby("r = HeapDump.dump(rate: 2_000_000); p r.seconds, r.bytes").split.map(&:to_f)
    assert_whole
    # Its last piece needs no wait after it.
    assert_operator seconds, :>=, bytes / 2e6 - 0.1
    assert_match(/Timeout/, error_of("HeapDump.dump('late.json', rate: 1000, timeout: 0.5)"))
    refute_path_exists path("late.json")
  end

  def test_modes_are_named_in_the_header
    %w[clone fork in_place].each do |mode|
      out = ruby("p HeapDump.dump(mode: ARGV[0].to_sym).mode", mode)
      assert_equal ":#{mode}", out.chomp
      assert_equal mode, assert_whole.first["mode"]
    end
  end

  def test_compression_goes_by_extension_or_option
    ruby("HeapDump.dump('a.json.gz'); HeapDump.dump('b', compress: :gzip); HeapDump.dump('c.gz', compress: :none)")
    %w[a.json.gz b].each do |name|
      text, status = Open3.capture2("gzip", "-dc", stdin_data: File.binread(path(name)), binmode: true)
      assert status.success?
      assert_whole(text: text.force_encoding("UTF-8"))
    end
    assert_whole("c.gz")
  end

  def test_zstd_or_a_clear_refusal
    out = ruby("begin; p HeapDump.dump('a.zst', mode: :in_place).bytes; " \
               "p HeapDump.dump('a.zst').bytes; rescue HeapDump::Unsupported => e; puts e.message; end")
    if out.include?("zstd")
      assert_match(/built without zstd/, out)
      assert_no_leftovers
    else
      assert_equal "\x28\xB5\x2F\xFD".b, File.binread(path("a.zst"), 4)
      return unless system("zstd", "--version", out: File::NULL)

      text, status = Open3.capture2("zstd", "-dc", stdin_data: File.binread(path("a.zst")), binmode: true)
      assert status.success?
      assert_whole(text: text.force_encoding("UTF-8"))
    end
  end

  # Each write takes what there is room for, or nothing.
  def test_reader_that_is_slow_to_take_it
    ruby(<<~'RUBY')
      require "socket"
      require "io/nonblock"
      [false, true].each do |nonblock|
        { "pipe" => IO.pipe, "socket" => UNIXSocket.pair }.each do |name, (reader, writer)|
          writer.nonblock = nonblock
          child = fork do
            writer.close
            text = +""
            40.times { text << reader.readpartial(4097); sleep 0.003 }
            loop { text << reader.readpartial(70_000) }
          rescue EOFError
            File.binwrite("#{name}-#{nonblock}.json", text)
          end
          HeapDump.dump(writer, gc: false)
          writer.close
          Process.wait(child)
        end
      end
    RUBY
    %w[pipe socket].product([false, true]) { |name, nonblock| assert_whole("#{name}-#{nonblock}.json") }
  end

  def test_io_targets
    ruby(<<~RUBY)
      File.open("a.json", "w") { |file| HeapDump.dump(file) }
      reader, writer = IO.pipe
      text = Thread.new { reader.read }
      HeapDump.dump(writer)
      writer.close
      File.write("b.json", text.value)
      require "socket"
      reader, writer = UNIXSocket.pair
      text = Thread.new { reader.read }
      HeapDump.dump(writer)
      writer.close
      File.write("c.json", text.value)
    RUBY
    %w[a.json b.json c.json].each { |name| assert_whole(name) }
  end

  def test_targets_without_a_descriptor
    ruby(<<~RUBY)
      require "stringio"
      require "zlib"
      text = StringIO.new
      File.write("bytes", HeapDump.dump(text).bytes.to_s)
      File.binwrite("a.json", text.string)
      Zlib::GzipWriter.open("b.json.gz") { |file| HeapDump.dump(file, mode: :in_place) }
      File.binwrite("b.json", Zlib::GzipReader.open("b.json.gz", &:read))
    RUBY
    %w[a.json b.json].each { |name| assert_whole(name) }
    assert_equal File.size(path("a.json")).to_s, File.read(path("bytes"))
  end

  def test_io_keeps_what_was_written_before
    ruby('File.open("a.json", "w") { |f| f.write("before\n"); HeapDump.dump(f); f.write("after\n") }')
    lines = File.readlines(path("a.json"))
    assert_equal ["before\n", "after\n"], [lines.first, lines.last]
    assert_whole(text: lines[1..-2].join)
  end

  def test_pathname
    ruby('require "pathname"; HeapDump.dump(Pathname.new("a.json"))')
    assert_whole("a.json")
  end

  def test_wrong_arguments
    ruby(<<~RUBY)
      { TypeError => -> { HeapDump.dump(42) },
        ArgumentError => -> { HeapDump.dump(mode: :rsync) } }.each do |error, wrong|
        begin
          wrong.call
        rescue error
          next
        end
        abort "no \#{error}"
      end
      %i[mode compress strings fallback].each do |option|
        HeapDump.dump(option => :nonsense)
        abort option.to_s
      rescue ArgumentError => e
        abort e.message unless e.message.include?("nonsense is none of")
      end
      [{ timeout: -1 }, { truncate: -1 }, { truncate: "1 kB" }, { rate: 0 }, { rate: 1.5 },
       { rate: 1000, mode: :in_place }].each do |wrong|
        HeapDump.dump(**wrong)
        abort wrong.inspect
      rescue ArgumentError
        next
      end
    RUBY
    assert_no_leftovers
  end

  def test_verbose_summary
    ruby("HeapDump.dump(verbose: true)")
    assert_match(/heap_dump: \d+ objects, \d+ references \(\d+\.\d % without a name\), \d+ bytes, mode clone/, @stderr)
  end
end
