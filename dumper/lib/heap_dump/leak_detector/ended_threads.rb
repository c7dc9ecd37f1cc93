# frozen_string_literal: true

require "fiber" # Fiber#alive? of Ruby 3.0 and older

module HeapDump
  class LeakDetector
    # Finds threads and fibers that have ended and are still in memory. Walks
    # the heap, so it is asked at most every `SECONDS`.
    class EndedThreads
      SECONDS = 30

      def initialize
        @seen = ObjectSpace::WeakMap.new
        @last = nil
      end

      # Yields each thread or fiber that was not yielded before, and the reason.
      def each_new
        time = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        return if @last && time - @last < SECONDS

        @last = time
        { Thread => "the thread has ended", Fiber => "the fiber has ended" }.each do |type, reason|
          ObjectSpace.each_object(type) do |object|
            next if object.alive? || @seen.key?(object)

            @seen[object] = true
            yield object, reason
          end
        end
      end
    end
  end
end
