# frozen_string_literal: true

module HeapDump
  # Seconds between two bursts of samples.
  SAMPLE_INTERVAL = 0.1
  private_constant :SAMPLE_INTERVAL

  class << self
    # Begins to sample where objects are allocated, cheaply enough for
    # production: after a collection, at most once an `interval` (seconds), 64 of
    # some 4,000 consecutive allocations are noted with their stacks. Dumps then
    # say where the sampled objects that are alive were allocated, and for how
    # many each of them stands. Samples are weak references: they keep nothing
    # alive. With a block, sampling ends with it, and the block's value is
    # returned.
    #
    # Pauses while the program has more than one Ractor. Goes on in forked
    # processes; before Ruby 3.1, such a process has to call it again.
    def sample_allocations(interval: SAMPLE_INTERVAL)
      ms = (interval * 1000).round
      raise ArgumentError, "interval: #{interval} is not a number of seconds above 0" unless ms.positive?

      start_sampling(ms)
      Process.singleton_class.prepend(SamplingAfterFork) if Process.respond_to?(:_fork)
      return unless block_given?

      begin
        yield
      ensure
        stop_sampling
      end
    end

    # Ends sampling. Dumps still have the samples that were taken.
    def stop_sampling_allocations
      stop_sampling
    end

    # Whether allocations are being sampled.
    def sampling_allocations?
      sampling?
    end
  end

  # Threads do not survive a fork.
  module SamplingAfterFork
    def _fork
      pid = super
      HeapDump.send(:go_on_sampling) if pid.zero?
      pid
    end
  end
  private_constant :SamplingAfterFork
end
