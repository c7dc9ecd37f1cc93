# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # The objects that one request or job works with. They are watched when it
    # has ended. A leak shows in a sample of them, so that the cost for a program
    # with many requests is bounded.
    class RequestScope
      KEY = :heap_dump_request_scope
      # Objects of one class that are taken: enough to see a leak.
      MAX_OF_CLASS = 20
      # Scopes that are opened in one second.
      MAX_PER_SECOND = 100
      private_constant :KEY, :MAX_OF_CLASS, :MAX_PER_SECOND

      @second = nil
      @opened = 0

      class << self
        # Runs the block in a scope, in the one that is open if there is one.
        # `reason` says why its objects should be released: "its request is over".
        def open(reason)
          outer = Thread.current[KEY]
          return yield outer if outer
          return yield NONE unless due?

          scope = Thread.current[KEY] = new
          begin
            yield scope
          ensure
            Thread.current[KEY] = nil
            scope.close(reason)
          end
        end

        # Races between threads cost or add a scope, no more.
        def due?
          second = Process.clock_gettime(Process::CLOCK_MONOTONIC, :second)
          if second != @second
            @second = second
            @opened = 0
          end
          (@opened += 1) <= MAX_PER_SECOND
        end

        # Adds an object to the scope of the running request, if there is one.
        def note(object)
          Thread.current[KEY]&.note(object)
        end
      end

      def initialize
        @objects = []
        @counts = Hash.new(0)
      end

      def note(object)
        @objects << object if (@counts[object.class] += 1) <= MAX_OF_CLASS
      rescue StandardError
        nil # A class that redefines hash or class.
      end

      def close(reason)
        @objects.each { |object| HeapDump.watch(object, reason) }
        @objects.clear
        @counts.clear
      end

      # Stands for the scope of a request that is not watched.
      NONE = Object.new
      def NONE.note(_object)
        nil
      end
      private_constant :NONE
    end
  end
end
