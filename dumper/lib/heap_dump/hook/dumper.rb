# frozen_string_literal: true

require "fileutils"

module HeapDump
  module Hook
    # Writes the dumps, one at a time, in a thread that lives only as long as
    # there is something to do: an idle process has neither the thread nor
    # any other cost. `request` may be called in a signal handler, where
    # nothing may wait for a lock, and in any process forked from the one
    # that made this object.
    class Dumper
      # heap_dump-<pid>-<UTC time>.json[.gz|.zst]
      NAME = /\Aheap_dump-\d+-(\d{8}T\d{6}\.\d{3}Z)\.json(\.gz|\.zst)?\z/.freeze
      # The name of such a file while it is written, and how long after the
      # last write nobody writes it any more.
      UNFINISHED = /\A\.heap_dump-\d+-.*\.tmp\z/.freeze
      UNFINISHED_SECONDS = 86_400

      def initialize(settings)
        @settings = settings
        @pid = nil
        @busy = false
      end

      def request
        if @pid != Process.pid # A thread does not survive a fork.
          @pid = Process.pid
          @busy = false
        end
        return log("a dump is under way, signal ignored") if @busy

        @busy = true
        Thread.new { run }
      rescue StandardError => e
        @busy = false
        log("no dump: #{e.message}")
      end

      # Whether this process is writing a dump.
      def busy?
        @busy && @pid == Process.pid
      end

      # Writes a dump in the calling thread, and removes those that are too many.
      # Returns its path and the Result.
      def dump
        path = target
        result = HeapDump.dump(path, **@settings.dump_options)
        prune(path)
        [path, result]
      end

      private

      def run
        Thread.current.name = "heap_dump"
        Thread.current.report_on_exception = false
        line = outcome
        @busy = false # Who reads the line may send the next signal.
        log(line)
      end

      def outcome
        path, result = dump
        "wrote #{path} (#{describe(result)})"
      rescue Exception => e # rubocop:disable Lint/RescueException -- abort_on_exception must not see it
        "no dump: #{e.message} (#{e.class})"
      end

      def target
        FileUtils.mkdir_p(@settings.dir, mode: 0o700)
        time = Time.now.utc.strftime("%Y%m%dT%H%M%S.%LZ")
        File.join(@settings.dir, "heap_dump-#{Process.pid}-#{time}#{@settings.extension}")
      end

      def describe(result)
        format("%d objects, %.1f MB, %s, stopped %.0f ms, took %.1f s%s",
               result.objects, result.bytes / 1e6, result.mode, result.stop * 1e3,
               result.seconds, HeapDump.send(:notes, result))
      end

      # Removes all but the newest dumps of this user in the folder, whichever
      # process wrote them, and never the one just written; and what a process
      # left that was killed together with its writer. Names that another user
      # made in a shared folder neither count nor go.
      def prune(written)
        own = Dir.children(@settings.dir).grep(Regexp.union(NAME, UNFINISHED)).select { |name| own?(name) }
        remove(own.grep(UNFINISHED).select { |name| old?(name) })
        return if @settings.keep.zero?

        names = own.grep(NAME).sort_by { |name| [name[NAME, 1], name] }
        names.delete(File.basename(written))
        remove(names[0, [names.size + 1 - @settings.keep, 0].max])
      end

      def remove(names)
        names.each do |name|
          File.unlink(File.join(@settings.dir, name))
        rescue SystemCallError
          next # Another worker removed it, or it is another user's.
        end
      end

      def own?(name)
        status = File.lstat(File.join(@settings.dir, name))
        status.file? && status.owned?
      rescue SystemCallError
        false
      end

      def old?(name)
        File.mtime(File.join(@settings.dir, name)) < Time.now - UNFINISHED_SECONDS
      rescue SystemCallError
        false
      end

      def log(text)
        $stderr.write("heap_dump: pid #{Process.pid} #{text}\n")
      rescue StandardError
        nil # stderr is closed or full: the dump matters more than its line.
      end
    end
  end
end
