# frozen_string_literal: true

require_relative "held_objects"

module HeapDump
  # What the assertions of heap_dump/minitest and the matchers of
  # heap_dump/rspec have in common. Collects garbage as often as it needs to.
  module LeakTest
    # Frames between a block and its caller: what the block leaves in registers
    # and on the stack lies beyond the caller's frame and is not marked.
    DEPTH = 30
    SAMPLES = 3
    MAX_CLASSES = 4
    private_constant :DEPTH, :SAMPLES, :MAX_CLASSES

    # How many objects of each class there are after each run. Counting makes no
    # object, so that it is not growth itself.
    class ClassCounts
      def initialize(runs)
        @row = Array.new(runs, 0)
        @offsets = {}.compare_by_identity
        @counts = []
      end

      def count(run)
        ObjectSpace.each_object do |object|
          type = HeldObjects.class_of(object)
          offset = @offsets[type]
          unless offset
            offset = @offsets[type] = @counts.size
            @counts.concat(@row)
          end
          @counts[offset + run] += 1
        end
      end

      # Class => counts of the classes that had more objects after each run.
      def grown
        rows = @offsets.transform_values { |offset| @counts[offset, @row.size] }
        rows.select { |_, row| row.each_cons(2).all? { |one, next_one| next_one > one } }
      end
    end
    private_constant :ClassCounts

    # Objects that stayed: how many of each class name, and what holds them.
    Finding = Struct.new(:counts, :explanation) do
      def to_s
        what = counts.map { |name, count| "#{count} × #{name}" }.join(", ")
        "#{what} still in memory:\n#{explanation}"
      end
    end

    class << self
      # Runs the block and returns a Finding of the new objects of `classes`
      # (or their subclasses) that are still in memory; nil: there are none.
      def leaked(classes, &block)
        GC.start
        before = objects_of(classes)
        run_deep(&block)
        finding_of { new_objects(classes, before) }
      end

      # Returns a Finding of what is left of the objects in a WeakMap; nil:
      # nothing is.
      def remaining(objects)
        finding_of { addresses_by_class { |found| objects.each_key(&found) } }
      end

      # Runs the block once, then `repeat` times, and returns a Finding of the
      # classes that had more objects after each run; nil: no class had.
      def growth(repeat, &block)
        raise ArgumentError, "repeat: #{repeat} runs show no growth; 2 or more do" if repeat < 2

        # Only texts are at hand when the dump is taken: the classes would be on
        # the path.
        counts, samples = grown_classes(repeat, &block)
        explanation = explain(samples) unless counts.empty?
        Finding.new(counts, explanation) if explanation
      end

      # Runs the block far below the caller's frame. Its value is not kept.
      def run_deep(&block)
        call_deep(DEPTH, &block)
      end

      # Collects what can be collected. The second collection frees what the
      # finalizers of the first let go.
      def collect
        2.times { GC.start }
      end

      # What holds the objects with these addresses, as `heapq why-alive` says
      # it: the path that is nearest to a root. nil: nothing but the stack.
      def explain(addresses)
        paths = HeldObjects.paths(addresses)
        held = paths.compact.select(&:held?)
        return if held.empty?

        text_of(held.min_by { |path| path.labels.size })
      rescue Error => e
        "   no path: #{e.message}"
      end

      # A HeldPath in two lines.
      def text_of(path)
        ["   #{path}", ("   Look at #{path.look_at}" if path.look_at)].compact.join("\n")
      end

      private

      def call_deep(depth, &block)
        if depth.zero?
          block.call
        else
          [nil].each { call_deep(depth - 1, &block) }
        end
        nil
      end

      def objects_of(classes)
        classes.each_with_object(ObjectSpace::WeakMap.new) do |type, found|
          ObjectSpace.each_object(type) { |object| found[object] = true }
        end
      end

      def new_objects(classes, before)
        addresses_by_class do |found|
          classes.each { |type| ObjectSpace.each_object(type) { |object| found.call(object) unless before.key?(object) } }
        end
      end

      # Class name => addresses; the block calls its argument with each object.
      def addresses_by_class
        found = Hash.new { |hash, name| hash[name] = [] }
        yield ->(object) { found[HeldObjects.class_name(object)] |= [HeldObjects.address(object)] }
        found
      end

      # Looks up to three times: a stale word on the stack goes with the next call.
      def finding_of
        found = {}
        3.times do
          collect
          found = yield
          return if found.empty?
        end
        samples = found.values.flat_map { |addresses| spread(addresses) }
        explanation = explain(samples)
        Finding.new(found.transform_values(&:size), explanation) if explanation
      end

      def spread(addresses)
        stride = [addresses.size / SAMPLES, 1].max
        addresses.each_slice(stride).map(&:first).first(SAMPLES)
      end

      # Class name => growth of the classes with the fewest objects, which are a
      # program's own rather than String, and addresses of new objects of them.
      # The block runs once more to make these.
      def grown_classes(repeat, &block)
        grown = count_after_runs(repeat, &block)
        return [{}, []] if grown.empty?

        few = grown.sort_by { |_, row| row.last }.first(MAX_CLASSES).map(&:first)
        before = objects_of(few)
        run_deep(&block)
        collect
        [few.map { |type| [HeldObjects.module_name(type), growth_of(grown[type])] }.to_h,
         few.flat_map { |type| spread(new_objects([type], before).values.flatten) }]
      end

      # Class => counts after each run, of the classes that grew with each.
      def count_after_runs(repeat, &block)
        table = ClassCounts.new(repeat + 1)
        (repeat + 1).times do |run|
          run_deep(&block)
          collect
          table.count(run)
        end
        table.grown
      end

      def growth_of(row)
        row.last - row.first
      end
    end
  end
end
