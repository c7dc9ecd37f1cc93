# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Objects that should be released, by weak references alone. Any thread may
    # add objects, also in a signal handler: no lock is taken. One thread at a
    # time reads.
    class WatchedObjects
      MAX_REASONS = 1000
      # Major collections that must have begun since the objects were added. A
      # collection that began earlier may have marked them.
      MAJORS = 2
      # Objects in memory that are watched at a time: each costs a collection
      # up to 0.6 µs.
      MAX_OBJECTS = 20_000
      private_constant :MAX_REASONS, :MAJORS, :MAX_OBJECTS

      # Objects added before `time` and before the major collection `majors` + 1.
      Batch = Struct.new(:objects, :time, :majors)
      private_constant :Batch

      def initialize
        @reasons = [""] # The first stands for those that have no room.
        @reason_ids = { "" => 0 }
        clear
      end

      def clear
        @young = ObjectSpace::WeakMap.new
        @sealed = []
        @retained = ObjectSpace::WeakMap.new
      end

      def add(object, reason)
        return if immediate?(object) || @young.size + @retained.size >= MAX_OBJECTS

        @young[object] = reason_id(reason)
      end

      def empty?
        @young.size.zero? && @sealed.all? { |batch| batch.objects.size.zero? } && @retained.size.zero?
      end

      # Whether objects wait for a major collection to be judged.
      def waiting?
        !@young.size.zero? || @sealed.any? { |batch| !batch.objects.size.zero? }
      end

      # Ends the current batch at `time` (seconds) if it is the first since a
      # major collection, and takes over the survivors of batches that are at
      # least `age` seconds and two major collections old.
      def advance(time, majors, age)
        unless @young.size.zero? || @sealed.last&.majors == majors
          batch = Batch.new(@young, time, majors)
          @young = ObjectSpace::WeakMap.new
          @sealed << batch
        end
        due, @sealed = @sealed.partition { |each| time - each.time >= age && majors >= each.majors + MAJORS }
        due.each { |each| take_over(each.objects) }
      end

      # Ends watching the retained objects, which have been reported.
      def forget_retained
        @retained = ObjectSpace::WeakMap.new
      end

      # The number of retained objects for each [class name, reason].
      def counts
        counts = Hash.new(0)
        each_retained { |object, reason| counts[[HeldObjects.class_name(object), reason]] += 1 }
        counts
      end

      # Addresses of `limit` of the retained objects of a class, spread evenly.
      def addresses(class_name, count, limit)
        stride = [count / limit, 1].max
        found = []
        seen = 0
        each_retained do |object, _|
          next unless HeldObjects.class_name(object) == class_name

          found << HeldObjects.address(object) if (seen % stride).zero? && found.size < limit
          seen += 1
        end
        found
      end

      private

      # Objects that are in use again, as those of a pool, are judged later.
      def take_over(objects)
        objects.each_pair { |object, reason| @retained[object] = reason unless again?(object) }
      end

      def each_retained
        @retained.each_pair { |object, id| yield object, @reasons[id] unless again?(object) }
      end

      # Whether the object was added once more and is not yet judged.
      def again?(object)
        @young.key?(object) || @sealed.any? { |batch| batch.objects.key?(object) }
      end

      def immediate?(object)
        case object
        when Integer, Symbol, Float, nil, true, false then true
        else false
        end
      end

      def reason_id(reason)
        known = @reason_ids[reason]
        return known if known
        return 0 if @reasons.size >= MAX_REASONS

        text = String.new(reason.to_s)[0, 200].freeze
        @reason_ids[text] ||= (@reasons << text).size - 1
      end
    end
  end
end
