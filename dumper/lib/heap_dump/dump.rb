# frozen_string_literal: true

require_relative "errors"

module HeapDump
  # The result of {HeapDump.dump}.
  #
  # @!attribute path
  #   @return [String, nil] where the dump is; nil: it was written to an IO
  # @!attribute objects
  #   @return [Integer] records of objects in it
  # @!attribute edges
  #   @return [Integer] references in it
  # @!attribute bytes
  #   @return [Integer] bytes written, after compression
  # @!attribute mode
  #   @return [Symbol] how the dump was taken: +:clone+, +:fork+ or +:in_place+
  # @!attribute stop
  #   @return [Float] seconds for which the process could not run Ruby code: the
  #     collection if one was asked for, the wait until all Ractors stood still,
  #     the copy of the page tables
  # @!attribute seconds
  #   @return [Float] the whole time
  # @!attribute fallback
  #   @return [String, nil] why the mode is not the one that was asked for, or why
  #     there was a second try: the first one crashed, so that many names are
  #     missing, or it waited for a lock
  # @!attribute unnamed
  #   @return [Integer] references that no name could be found for
  # @!attribute unreaped
  #   @return [Integer, nil] process id of the writer if it had written the dump but
  #     had not ended in time; a native thread waits for it
  # @!attribute gc
  #   @return [Boolean] whether a full collection was made for the dump
  # @!attribute reachable
  #   @return [Boolean] whether only reachable objects were written
  # @!attribute warning
  #   @return [String, nil] what makes a dump dangerous on this system
  Result = Struct.new(:path, :objects, :edges, :bytes, :mode, :stop, :seconds,
                      :fallback, :unnamed, :gc, :reachable, :warning, :unreaped)

  MODES = %i[clone in_place fork].freeze
  COMPRESSIONS = %i[none gzip zstd].freeze
  STRINGS = %i[full truncate none hash].freeze
  FALLBACKS = %i[fork in_place raise].freeze
  DEFAULT_TIMEOUT = 600
  DEFAULT_TRUNCATE = 1024
  # Stands for a target that has no descriptor.
  WriteOnly = Struct.new(:fileno).new(nil).freeze
  private_constant :MODES, :COMPRESSIONS, :STRINGS, :FALLBACKS, :DEFAULT_TIMEOUT, :DEFAULT_TRUNCATE, :WriteOnly

  class << self
    # Writes the live heap to a file or an IO: the objects that a full collection
    # would keep. The copy of the process finds them; this process collects nothing.
    #
    # If the copy crashes over what it knows of this Ruby's insides, another one
    # writes the dump without that: complete, with fewer names.
    #
    # @example
    #   HeapDump.dump("/var/tmp/app.json.zst", strings: :hash, timeout: 60)
    #
    # @param target [String, #to_path, #fileno, #write] a path or an IO. A file
    #   appears under its name when it is complete, readable by its owner alone. A
    #   path is only created, or replaces a regular file of this process's user; a
    #   FIFO, a device, a socket, a symbolic link and another user's file raise
    #   {WriteError}: open such a thing and pass the IO. An object that has only
    #   +write+ (StringIO) gets the dump from a temporary file.
    # @param gc_before [Boolean, nil] the first gem's argument: true is
    #   <tt>gc: true</tt>, false is <tt>garbage: true</tt>
    # @param gc [Boolean, nil] true: collect garbage in this process first
    # @param garbage [Boolean] true: write unreachable objects as well
    # @param mode [Symbol] +:clone+: a copy of the process writes; this one stops for
    #   milliseconds, then only the calling thread waits. +:in_place+: this process
    #   writes and stops until the heap is written; not to a pipe, a socket or a
    #   terminal, whose reader may be this process. +:fork+: as +:clone+ by fork(2);
    #   +Process.wait+ may meet the child
    # @param fallback [Symbol] what stands in for +:clone+ if the system refuses
    #   clone(2). +:fork+: fork(2), which stops the program for about as long; if
    #   that is refused too, there is no dump. +:in_place+: this process writes.
    #   +:raise+: {Error}
    # @param compress [Symbol, nil] +:gzip+, +:zstd+ or +:none+; nil: by the
    #   extension (.gz, .zst)
    # @param strings [Symbol] how much of the text of strings: +:full+, +:truncate+
    #   (the beginning, the length and a hash), +:hash+ (a keyed hash: equal strings
    #   still look equal), +:none+
    # @param truncate [Integer] bytes that +:truncate+ shows
    # @param timeout [Numeric, nil] seconds for the dump; nil or 0: no limit. The call
    #   returns at most a second later, even from a disk or a pipe that hangs. A
    #   native thread then waits for what still hangs and removes it; the message
    #   of the exception says so
    # @param rate [Integer, nil] bytes a second that the copy writes at most
    # @param verbose [Boolean] print a summary to stderr
    # @return [Result]
    # @raise [Busy] another dump is being taken in this process
    # @raise [Error] no dump was taken; see the subclasses. An interrupt ends the dump
    def dump(target = "dump.json", gc_before = nil, gc: gc_before, garbage: gc_before == false, mode: :clone,
             fallback: :fork, compress: nil, strings: :full, truncate: DEFAULT_TRUNCATE, timeout: DEFAULT_TIMEOUT,
             rate: nil, verbose: false)
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      path, io = path_or_io(target)
      io = opened = spool = temporary_file if io && io.fileno.nil?
      arguments = [io ? nil : path, io&.fileno || -1,
                   choose(:mode, mode, MODES),
                   choose(:compress, compress || compression_of(path), COMPRESSIONS),
                   choose(:strings, strings, STRINGS),
                   milliseconds(timeout),
                   several_ractors?,
                   bytes(truncate),
                   choose(:fallback, fallback, FALLBACKS),
                   gc, garbage, bytes_per_second(rate, mode)]
      flush(io, timeout) if io.respond_to?(:flush)
      result = Result.new(path, *take(*arguments))
      IO.copy_stream(spool.tap(&:rewind), target) if spool
      result.seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
      summarize(result) if verbose
      result
    ensure
      opened&.close
    end

    private

    def path_or_io(target)
      return [nil, target] if target.respond_to?(:fileno)
      return [target.to_path.to_str, nil] if target.respond_to?(:to_path)
      return [target.to_str, nil] if target.respond_to?(:to_str)
      return [nil, WriteOnly] if target.respond_to?(:write)

      raise TypeError, "a dump goes to a path or an IO, not to #{target.class}"
    end

    # Without a name: it goes with its descriptor.
    def temporary_file
      require "tempfile"
      file = Tempfile.create("heap_dump")
      File.unlink(file.path)
      file
    end

    # Writes out what the program has in the IO's own buffer. Without
    # a limit this would wait for ever for a pipe that has no reader.
    def flush(io, timeout)
      return io.flush if timeout.nil? || timeout.zero? || !io.is_a?(IO) || io.stat.file?

      require "timeout"
      ::Timeout.timeout(timeout, Timeout, "what the IO held before the dump could not be written in time") { io.flush }
    rescue ThreadError
      io.flush # In a signal handler, or at a limit on threads, there is no clock.
    end

    def choose(name, value, choices)
      index = choices.index(value.respond_to?(:to_sym) ? value.to_sym : value)
      return index if index

      raise ArgumentError, "#{name}: #{value.inspect} is none of #{choices.map(&:inspect).join(', ')}"
    end

    def compression_of(path)
      case path
      when /\.gz\z/ then :gzip
      when /\.zst\z/ then :zstd
      else :none
      end
    end

    def milliseconds(timeout)
      return 0 if timeout.nil?
      raise ArgumentError, "timeout: #{timeout} is negative" if timeout.negative?

      (timeout * 1000).ceil
    end

    def bytes(truncate)
      return truncate if truncate.is_a?(Integer) && truncate >= 0

      raise ArgumentError, "truncate: #{truncate.inspect} is not a number of bytes"
    end

    def bytes_per_second(rate, mode)
      return 0 if rate.nil?
      raise ArgumentError, "rate: #{rate.inspect} is not a number of bytes a second" unless rate.is_a?(Integer) && rate.positive?
      raise ArgumentError, "rate: mode in_place stops the program, so it writes as fast as it can" if mode.to_sym == :in_place

      rate
    end

    def several_ractors?
      return false unless defined?(Ractor)

      Ractor.count > 1
    end

    # What a line about a dump adds to its numbers.
    def notes(result)
      unreaped = "its process #{result.unreaped} has not ended" if result.unreaped
      warning = "warning: #{result.warning}" if result.warning
      [result.fallback, unreaped, warning].compact.map { |note| ", #{note}" }.join
    end

    def summarize(result)
      share = result.edges.zero? ? 0 : 100.0 * result.unnamed / result.edges
      $stderr.puts(format(
        "heap_dump: %<objects>d objects, %<edges>d references (%<share>.1f %% without a name), " \
        "%<bytes>d bytes, mode %<mode>s, stopped %<stop>.1f ms, took %<seconds>.2f s%<notes>s",
        **result.to_h.reject { |key, _| key == :stop },
        share: share, stop: result.stop * 1e3, notes: notes(result)
      ))
    rescue StandardError
      nil # stderr is closed or full: the dump matters more than its line.
    end
  end
end
