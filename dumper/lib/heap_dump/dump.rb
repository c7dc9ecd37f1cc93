# frozen_string_literal: true

require_relative "errors"

module HeapDump
  # What a dump has become.
  #
  # path     where it is, nil if it was written to an IO
  # objects  records of objects in it
  # edges    references in it
  # bytes    size of what was written, after compression
  # mode     how it was taken: :clone, :fork or :in_place
  # stop     seconds for which the process could not run Ruby code: the
  #          collection if one was asked for, the wait until all Ractors stood
  #          still, the copy of the page tables
  # seconds  the whole time
  # fallback why it is not the mode that was asked for, or why there was a second
  #          try: the first one crashed, so that many names are missing, or it
  #          waited for a lock; else nil
  # unnamed  references that no name could be found for
  # unreaped process id of the writer, if it had written the dump but had not
  #          ended in time: a native thread waits for it; else nil
  # gc       whether a full collection was made for it
  # reachable whether the copy looked for what is reachable and wrote only that;
  #          else it wrote all that was in the heap
  # warning  what makes a dump dangerous on this system; nil: nothing is known
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
    # Writes the live heap to a file or an IO, and gives a Result: the objects
    # that a full collection would keep. The copy of the process finds them;
    # none is made in this one.
    #
    # target    a path, or anything with a `fileno`. A file appears under its
    #           name when it is complete, readable by its owner alone. A path is
    #           only created, or replaces a regular file of this process's user;
    #           a FIFO, a device, a socket, a symbolic link and another user's
    #           file raise WriteError. To write into such a thing, open it and
    #           pass the IO. What only has `write` (StringIO) gets the dump from
    #           a temporary file.
    # gc        true: collect garbage in this process first, and write what is
    #           left
    # garbage   true: write unreachable objects as well
    # The second argument is the first gem's: true is `gc: true`, false is
    # `garbage: true`.
    # mode      :clone    a copy of the process writes; this one stops for
    #                     milliseconds, then only the calling thread waits
    #           :in_place this process writes and stops until the heap is
    #                     written. Not to a pipe, a socket or a terminal: its
    #                     reader may be this process
    #           :fork     as :clone by fork(2), for systems that refuse that;
    #                     `Process.wait` may meet the child
    # fallback  what stands in for :clone if the system refuses clone(2)
    #           :fork     fork(2), which stops the program for about as long. If
    #                     that is refused too, as by a limit on processes, there
    #                     is no dump: HeapDump::Error
    #           :in_place this process writes, and stops until the heap is
    #                     written or the timeout is over
    #           :raise    HeapDump::Error
    # compress  :gzip, :zstd, :none; nil goes by the extension (.gz, .zst)
    # strings   how much of strings' text: :full, :truncate (the beginning, the
    #           length and a hash), :hash (a keyed hash: equal strings still
    #           look equal), :none
    # truncate  bytes that :truncate shows
    # timeout   seconds for the dump; nil or 0: no limit. The answer comes at most
    #           a second later, even from a disk or a pipe that hangs; what still
    #           hangs then is waited for, and tidied up, by a native thread, and
    #           the exception's message says so
    # rate      bytes a second that the copy writes at most; nil: no limit
    # verbose   prints a summary to stderr
    #
    # If the copy crashes over what it knows of this Ruby's insides, another
    # one writes the dump without that: complete, with fewer names.
    #
    # Raises Busy while another dump is taken, and other kinds of
    # HeapDump::Error; a program that is interrupted ends the dump.
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
