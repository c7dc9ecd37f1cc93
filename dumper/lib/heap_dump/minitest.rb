# frozen_string_literal: true

require "minitest"
require_relative "leak_test"
require_relative "leftovers"

module HeapDump
  # Assertions that fail with the path that holds the objects:
  #
  #     assert_no_leak(Session) { Session.new.start(request) }
  #     assert_no_growth(repeat: 5) { Shop.checkout }    # objects of any class
  #     assert_released(session)        # once the test method has returned
  #     assert_released { Session.new.start(request) }   # the block's value, now
  #
  # HeapDump::Minitest.report_leftovers names, after the last test, what the
  # tests left behind.
  module Minitest
    # Included in every Minitest::Test.
    module Assertions
      # Fails if new objects of the classes are in memory after the block.
      def assert_no_leak(*classes, &block)
        finding = LeakTest.leaked(classes, &block)
        assert finding.nil?, -> { "Expected no #{classes.join(' or ')} to stay, but #{finding}" }
      end

      # Fails if a class has more objects after each of `repeat` runs.
      def assert_no_growth(repeat: 5, &block)
        finding = LeakTest.growth(repeat, &block)
        assert finding.nil?, -> { "Expected no growth in #{repeat} runs, but in each more objects stayed: #{finding}" }
      end

      # Fails if the object is still in memory when the test and its teardown
      # are over. Local variables of the test do not hold it then; its instance
      # variables do. With a block: if the block's value stays.
      def assert_released(object = nil)
        released = ObjectSpace::WeakMap.new
        if block_given?
          LeakTest.run_deep { released[yield] = true }
          return assert_remaining_none(released)
        end
        released[object] = true
        (@heap_dump_released ||= []) << released
      end

      def after_teardown
        super
      ensure
        heap_dump_after_test
      end

      private

      def heap_dump_after_test
        released = @heap_dump_released || []
        @heap_dump_released = nil
        released.each { |objects| assert_remaining_none(objects) }
      ensure
        Minitest.leftovers&.record("#{self.class}##{name}")
      end

      def assert_remaining_none(objects)
        finding = LeakTest.remaining(objects)
        assert finding.nil?, -> { "Expected the object to be released, but #{finding}" }
      end
    end

    class << self
      attr_reader :leftovers

      # Names, after the last test, the objects of `classes` that tests left
      # behind; without classes, those of the application's classes.
      def report_leftovers(*classes, output: $stderr)
        @leftovers = Leftovers.new(classes)
        ::Minitest.after_run do
          report = @leftovers.report
          output.puts(report) if report
        end
      end
    end
  end
end

Minitest::Test.include(HeapDump::Minitest::Assertions)
