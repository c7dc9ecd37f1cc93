# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # What the detector is asked for. The defaults come from the environment
    # (HEAP_DUMP_LEAKS_…); LeakDetector.configure changes them.
    class Settings
      # threshold  retained objects of a class before it is reported
      # seconds    since the objects should have been gone
      # interval   seconds between two dumps, at least
      # collect    whether the detector may run full collections by itself:
      #            true, false or :development, which is true if RAILS_ENV,
      #            RACK_ENV or APP_ENV is "development" or "test"
      # threads    whether threads and fibers that ended are watched
      # dir        folder for the temporary dump and index
      # disk       bytes that they may take; a larger heap is not dumped
      # rules      file of rules for `heapq why-alive --rules`
      # known      file with a fingerprint a line: these are not reported
      # ignore     names of classes that are not reported
      # file       file that reports are appended to; nil: none
      # logger     takes reports by `warn`; nil: Rails.logger, else stderr
      # on_leak    called with each Leak; may be nil
      attr_accessor :threshold, :seconds, :interval, :collect, :threads, :dir, :disk, :rules, :known, :ignore, :file,
                    :logger, :on_leak

      def initialize(env = ENV)
        @env = env
        @threshold = number("THRESHOLD", 20)
        @seconds = number("SECONDS", 5)
        @interval = number("INTERVAL", 600)
        @collect = { "0" => false, "1" => true }.fetch(text("COLLECT"), :development)
        @threads = text("THREADS") == "1"
        @dir = text("DIR")
        @disk = number("DISK", 2_000_000_000)
        @rules = text("RULES")
        @known = text("KNOWN")
        @file = text("FILE")
        @ignore = text("IGNORE").to_s.split(",").map(&:strip)
      end

      # Read when it is used: servers set these variables after they start.
      def collect?
        return collect unless collect == :development

        %w[development test].include?(ENV["RAILS_ENV"] || ENV["RACK_ENV"] || ENV["APP_ENV"])
      end

      def known_fingerprints
        return [] unless known && File.file?(known)

        File.readlines(known).map { |line| line[/\A\s*(\h{16})\b/, 1] }.compact
      end

      private

      def text(name)
        value = @env["HEAP_DUMP_LEAKS_#{name}"].to_s.strip
        value unless value.empty?
      end

      def number(name, default)
        value = text(name)
        return default unless value
        return value.to_f if value.match?(/\A\d+(\.\d+)?\z/)

        raise ArgumentError, "HEAP_DUMP_LEAKS_#{name}=#{value} is not a number"
      end
    end
  end
end
