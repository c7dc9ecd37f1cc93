# frozen_string_literal: true

require "rspec/core"
require "rspec/expectations"
require_relative "leak_test"
require_relative "leftovers"

module HeapDump
  # Matchers that fail with the path that holds the objects:
  #
  #     expect { Session.new.start(request) }.not_to leak(Session)
  #     expect { Shop.checkout }.not_to leak_objects           # any class, 5 runs
  #     expect { Shop.checkout }.not_to leak_objects.in(10).runs
  #
  # HeapDump::RSpec.report_leftovers names, after the last example, what the
  # examples left behind.
  module RSpec
    # What both matchers do with their Finding.
    module BlockMatcher
      def supports_block_expectations?
        true
      end

      def supports_value_expectations?
        false
      end

      def matches?(block)
        @finding = find(block)
        !@finding.nil?
      end

      def failure_message
        "expected the block to #{description}"
      end

      def failure_message_when_negated
        "expected the block not to #{description}, but #{@finding}"
      end
    end

    # New objects of the given classes are in memory after one run.
    class Leak
      include BlockMatcher

      def initialize(classes)
        @classes = classes
      end

      def description
        "leak #{@classes.join(' or ')}"
      end

      private

      def find(block)
        LeakTest.leaked(@classes, &block)
      end
    end

    # Some class has more objects after each of several runs.
    class LeakObjects
      include BlockMatcher

      def initialize
        @repeat = 5
      end

      def in(repeat)
        @repeat = repeat
        self
      end

      def runs
        self
      end

      def description
        "leave more objects in memory with each of #{@repeat} runs"
      end

      private

      def find(block)
        LeakTest.growth(@repeat, &block)
      end
    end

    # Included in every example group.
    module Matchers
      def leak(*classes)
        raise ArgumentError, "leak needs a class: leak(Session); leak_objects looks at all" if classes.empty?

        Leak.new(classes)
      end

      def leak_objects
        LeakObjects.new
      end
    end

    # Names, after the last example, the objects of `classes` that examples
    # left behind; without classes, those of the application's classes.
    def self.report_leftovers(*classes, output: $stderr)
      leftovers = nil
      ::RSpec.configure do |config|
        config.before(:suite) { leftovers = Leftovers.new(classes) }
        config.after(:each) { |example| leftovers.record(example.location) }
        config.after(:suite) do
          report = leftovers.report
          output.puts(nil, report) if report # The progress line has no end.
        end
      end
    end
  end
end

RSpec.configure { |config| config.include(HeapDump::RSpec::Matchers) }
