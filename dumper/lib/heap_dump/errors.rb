# frozen_string_literal: true

module HeapDump
  # No dump was taken; the message says why. The target is as it was before.
  class Error < StandardError; end

  # Another dump is being taken in this process: wait for it.
  class Busy < Error; end

  # Not now, or not here; a later attempt may go through.
  class Refused < Error; end

  # The dump was given up after its timeout.
  class Timeout < Error; end

  # The target cannot be made or written: no room, no such folder, a closed
  # pipe.
  class WriteError < Error; end

  # The process that wrote the dump was killed or crashed, or waited for a lock that
  # nothing frees.
  class ChildDied < Error; end

  # This build of the gem, or this system, cannot do what was asked.
  class Unsupported < Error; end
end
