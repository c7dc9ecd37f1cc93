# frozen_string_literal: true

require_relative "held_objects"

module HeapDump
  # See leak_detector/detector.rb.
  class LeakDetector
  end
end

require_relative "leak_detector/settings"
require_relative "leak_detector/watched_objects"
require_relative "leak_detector/ended_threads"
require_relative "leak_detector/request_scope"
require_relative "leak_detector/libraries"
require_relative "leak_detector/leak"
require_relative "leak_detector/reporters"
require_relative "leak_detector/detector"
require_relative "leak_detector/rack"

module HeapDump
  class LeakDetector
    @default = new

    class << self
      # The detector of this process.
      attr_reader :default

      # Yields the Settings of the process's detector.
      #
      #     HeapDump::LeakDetector.configure { |leaks| leaks.threshold = 50 }
      def configure
        yield default.settings
      end
    end
  end

  # Watches an object that should be released from now on, and returns it. If
  # more objects of its class stay than there are threads and fibers, the
  # detector reports what holds them; see docs/guide/leak-detector.md.
  #
  # @example
  #   HeapDump.watch(session, "the user has logged out")
  # @param object [Object]
  # @param reason [String] why the object should be released; part of the report
  # @return [Object] the object
  def self.watch(object, reason = "")
    LeakDetector.default.watch(object, reason)
  rescue StandardError
    object # In a Ractor that is not the main one.
  end
end
