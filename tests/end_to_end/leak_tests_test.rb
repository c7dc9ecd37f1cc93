# frozen_string_literal: true

require_relative "support/end_to_end"

# heap_dump/rspec and heap_dump/minitest in the real RSpec and Minitest.
class LeakTestsTest < Minitest::Test
  include EndToEnd

  SHOP = File.expand_path("../../script/demo_app", __dir__)
  LINE = File.readlines(File.join(SHOP, "session.rb")).index { |line| line.include?("EventBus::INSTANCE.on") } + 1
  SHARED = <<~RUBY
    require "#{SHOP}/session"
    Request = Struct.new(:path)
    def leaking
      Session.new.start(Request.new("/"))
    end
    def clean
      Session.new.seen << Request.new("/").path
    end
  RUBY
  PATH = /^ *EventBus::INSTANCE → @handlers → \[:request\] → \[\*\]/.freeze
  LOOK_AT = %r{^ *Look at #{SHOP}/session\.rb:#{LINE}: block in Session#start captures local request$}.freeze

  def test_rspec
    out = rspec(<<~RUBY)
      RSpec.describe Session do
        it("leaks a request") { expect { leaking }.not_to leak(Request) }
        it("leaks objects") { expect { leaking }.not_to leak_objects.in(3).runs }
        it("is clean") { expect { clean }.not_to leak(Session, Request) }
        it("is clean in each run") { expect { clean }.not_to leak_objects.in(3).runs }
        it("is known to leak") { expect { leaking }.to leak(Session) }
        it("should leak") { expect { clean }.to leak(Session) }
      end
    RUBY
    assert_match(/^6 examples, 3 failures$/, out)
    assert_equal ["leaks a request", "leaks objects", "should leak"], out.scan(/^rspec .*# Session (.*)$/).flatten
    one, other, third = out.split(/^  \d\) /).drop(1)
    assert_match(/expected the block not to leak Request, but 1 × Request still in memory:$/, one)
    assert_match(/#{PATH} → local request captured by block in Session#start/, one)
    assert_match(LOOK_AT, one)
    assert_match(/not to leave more objects in memory with each of 3 runs, but .*3 × Session.* still in memory:$/, other)
    assert_match(PATH, other)
    assert_match(%r{Look at #{SHOP}/session\.rb:#{LINE}: }, other)
    assert_match(/expected the block to leak Session$/, third)
  end

  def test_rspec_names_what_examples_left_behind
    out = rspec(<<~RUBY, "HeapDump::RSpec.report_leftovers(Request, output: $stdout)")
      RSpec.describe Session do
        let(:request) { Request.new("/") }
        it("one") { leaking; leaking }
        it("two") { request }
      end
    RUBY
    assert_match(%r{^heap_dump: tests left objects behind\n2 × Request by \./leak_spec\.rb:\d+ \(2\)\n}, out)
    assert_match(LOOK_AT, out)
  end

  def test_without_heapq_the_matcher_says_how_to_get_the_path
    out = rspec(<<~RUBY, env: { "HEAPQ" => "/nonexistent" })
      RSpec.describe(Session) { it("leaks") { expect { leaking }.not_to leak(Request) } }
    RUBY
    assert_match(/but 1 × Request still in memory:\n *no path: heapq is missing: install heapq in a folder of PATH, or name it/, out)
  end

  def test_minitest
    File.write(path("leak_test.rb"), <<~RUBY)
      require "minitest/autorun"
      require "heap_dump/minitest"
      #{SHARED}
      HeapDump::Minitest.report_leftovers(Session, output: $stdout)
      class LeakTest < Minitest::Test
        def test_leak = assert_no_leak(Request) { leaking }
        def test_growth = assert_no_growth(repeat: 3) { leaking }
        def test_clean = assert_no_leak(Session, Request) { clean }
        def test_clean_runs = assert_no_growth(repeat: 3) { clean }
        def test_released_block = assert_released { Session.new }

        def test_released_later
          session = Session.new
          assert_released(session)
          session.seen << 1
        end

        def test_held
          request = Request.new("/")
          Session.new.start(request)
          assert_released(request)
        end
      end
    RUBY
    out, status = Open3.capture2e({ "HEAPQ" => HEAPQ, "RUBYLIB" => LIB }, RUBY, "-W0", path("leak_test.rb"), chdir: @folder)
    refute status.success?
    assert_match(/^7 runs, 7 assertions, 3 failures, 0 errors, 0 skips$/, out)
    assert_equal %w[LeakTest#test_growth LeakTest#test_held LeakTest#test_leak], out.scan(/^(LeakTest#\w+) \[/).flatten.sort
    assert_match(/^Expected no Request to stay, but 1 × Request still in memory:\n#{PATH}/, out)
    assert_match(/^Expected no growth in 3 runs, but in each more objects stayed: .*3 × Session/, out)
    assert_match(/^Expected the object to be released, but 1 × Request still in memory:\n#{PATH}/, out)
    assert_operator out.scan(LOOK_AT).size, :>=, 2, out
    assert_match(/^\d+ × Session by .*LeakTest#test_growth \(5\)/, out)
    refute_match(/by .*LeakTest#test_(clean|released)/, out)
  end

  private

  # What RSpec prints for a spec of the shop's Session.
  def rspec(examples, setup = "", env: {})
    File.write(path("leak_spec.rb"), "require 'heap_dump/rspec'\n#{SHARED}\n#{setup}\n#{examples}")
    Open3.capture2e({ "HEAPQ" => HEAPQ }.merge(env), RUBY, "-W0", "-I", LIB, "-S", "rspec", "leak_spec.rb", "--no-color",
                    chdir: @folder).first
  end
end
