# frozen_string_literal: true

require "etc"

module HeapDump
  module Hook
    # Asks for a dump when the process has more resident memory than a limit.
    # Looks after collections, at most once a second: an object without
    # references has a finalizer, which makes the next such object. There is no
    # thread, and no cost between collections.
    class MemoryLimit
      # The next dump is taken when the process has grown by half since.
      STEP = 1.5
      private_constant :STEP

      def self.arm(bytes, dumper)
        new(bytes, dumper).send(:arm)
      end

      def initialize(bytes, dumper)
        @limit = bytes
        @dumper = dumper
        @collections = nil
        @last = 0
        # Here: a finalizer may run where `require` is not allowed.
        @page_size = Etc.sysconf(Etc::SC_PAGESIZE)
        @finalizer = method(:collected).to_proc
        # At its end Ruby runs finalizers until there are none.
        at_exit { @over = true }
      end

      private

      def arm
        return if @over || @collections == GC.count

        @collections = GC.count
        # Two: a stale word on the stack may keep the last one for long.
        2.times { ObjectSpace.define_finalizer(Object.new, @finalizer) }
      end

      def collected(_id)
        check
      rescue StandardError
        nil # /proc cannot be read: the next collection tries again.
      ensure
        arm
      end

      def check
        time = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        return if time - @last < 1 || @dumper.busy?

        @last = time
        return if resident < @limit

        @limit = [@limit, resident].max * STEP
        @dumper.request
      end

      def resident
        File.read("/proc/self/statm").split[1].to_i * @page_size
      end
    end
  end
end
