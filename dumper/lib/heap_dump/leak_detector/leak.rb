# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Objects of a class that should have been released and were not.
    #
    # class_name   of the objects
    # count        how many there are
    # reason       why they should be gone, as it was given to `watch`
    # path         what holds them, from the root on; nil if it is not known
    # look_at      "file:line: text", the code to look at; nil if not known
    # fingerprint  the same for this leak in every process; nil without a path
    # also         "12 × Hash": other watched objects that the same path holds
    # note         why there is no path; nil if there is one
    Leak = Struct.new(:class_name, :count, :reason, :path, :look_at, :fingerprint, :also, :note) do
      def to_s
        lines = ["LEAK: #{count} × #{class_name} should have been released#{" (#{reason})" unless reason.to_s.empty?} " \
                 "and #{count == 1 ? 'is' : 'are'} still in memory."]
        lines << "   #{path}" if path
        lines << "   Look at #{look_at}" if look_at
        lines << "   Held by the same path: #{also.join(', ')}" unless also.to_a.empty?
        lines << "   fingerprint #{fingerprint}" if fingerprint
        lines << "   #{note}" if note
        lines.join("\n")
      end
    end

    # What Rails.error and other error reporters get.
    class LeakFound < Error
      attr_reader :leak

      def initialize(leak)
        @leak = leak
        super(leak.to_s)
      end
    end
  end
end
