# frozen_string_literal: true

module HeapDump
  # Finds objects that should have been released and were not: `watch` names
  # them, the program's own collections prove it, one dump and heapq say why.
  # Keeps weak references only. A thread runs, once a second, as long as
  # watched objects are in memory.
  class LeakDetector
    TICK_SECONDS = 1
    # Objects whose paths are compared for one class, and classes of a report.
    SAMPLES = 3
    MAX_CLASSES = 5
    # In development: seconds between collections of the detector's own.
    COLLECT_SECONDS = 10
    # Seconds between two dumps in development, at least.
    DEVELOPMENT_INTERVAL = 30
    # Of heapq: behind the program, not behind everything on the machine.
    NICE = 10
    private_constant :NICE, :TICK_SECONDS, :SAMPLES, :MAX_CLASSES, :COLLECT_SECONDS, :DEVELOPMENT_INTERVAL

    attr_reader :settings

    def initialize(settings = Settings.new)
      @settings = settings
      @objects = WatchedObjects.new
      @reporters = Reporters.new(settings)
      @starting = Mutex.new
      @checking = Mutex.new
      @reported = {} # class name => its count when it was last examined
      @fingerprints = {}
      @last_report = nil
      @last_majors = nil
      @changed = false # since the retained objects were last counted
      @last_collection = 0
      @ended_threads = EndedThreads.new
    end

    # Watches an object that should be released from now on. Returns it. Never
    # raises; costs some microseconds.
    def watch(object, reason = "")
      @objects.add(object, reason)
      run unless @thread&.alive?
      object
    rescue StandardError
      object # At a limit on threads.
    end

    # Ends the detector's thread; the next `watch` starts it again.
    def stop
      @thread&.kill
      @thread&.join unless @thread == Thread.current
      @objects.clear
    end

    # Looks once for retained objects and returns the leaks found. The thread
    # calls it each second; tests may call it with `force: true`, which
    # collects garbage and does not wait for the age of objects.
    def check(force: false)
      if force
        @checking.lock
      else
        return [] unless @checking.try_lock
      end
      begin
        force ? collect_for_test : follow_collections
        return [] if !@changed || (!force && too_early?)

        @changed = false
        suspects = over_threshold
        suspects.empty? ? [] : examine(suspects)
      ensure
        @checking.unlock
      end
    end

    private

    # Threads do not survive a fork, so each process starts its own.
    def run
      return unless @starting.try_lock

      begin
        return if @thread&.alive?

        @thread = Thread.new { loop_quietly }
        @thread.name = "heap_dump leaks"
        @thread.report_on_exception = false
        @thread.priority = -1
      ensure
        @starting.unlock
      end
    end

    def loop_quietly
      until @objects.empty?
        sleep TICK_SECONDS
        Libraries.stop_waiting
        begin
          check
        rescue StandardError => e
          @reporters.complain("#{e.message} (#{e.class})")
        end
      end
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def follow_collections
      majors = GC.stat(:major_gc_count)
      if settings.collect? && @objects.waiting? && now - @last_collection > collect_seconds
        @last_collection = now
        @objects.advance(now, majors, settings.seconds)
        GC.start
        majors = GC.stat(:major_gc_count)
      end
      return if majors == @last_majors

      @changed = true
      @last_majors = majors
      @ended_threads.each_new { |thread, reason| @objects.add(thread, reason) } if settings.threads
      @objects.advance(now, majors, settings.seconds)
    end

    def collect_seconds
      [COLLECT_SECONDS, settings.seconds].min
    end

    def collect_for_test
      3.times do
        @objects.advance(now, GC.stat(:major_gc_count), 0)
        GC.start
      end
      @objects.advance(now, GC.stat(:major_gc_count), 0)
      @changed = true
    end

    def too_early?
      interval = settings.collect? ? [settings.interval, DEVELOPMENT_INTERVAL].min : settings.interval
      @last_report && now - @last_report < interval
    end

    # [[class name, reason], count] of classes with more retained objects than
    # live threads and fibers, each of which may hold one in a stale local.
    def over_threshold
      many = @objects.counts.select do |(name, _), count|
        count >= settings.threshold && count >= 2 * @reported.fetch(name, 0) && !settings.ignore.include?(name)
      end
      return [] if many.empty?

      stacks = Thread.list.size + ObjectSpace.each_object(Fiber).count
      many.select { |_, count| count > stacks }.sort_by { |(name, _), count| [-count, name] }
    end

    # Confirms by one collection, then takes a dump.
    def examine(suspects)
      @last_report = now
      GC.start
      counts = @objects.counts
      confirmed = suspects.map { |key, _| [key, counts[key]] }
                          .select { |_, count| count >= settings.threshold }.first(MAX_CLASSES)
      return [] if confirmed.empty?

      leaks = explain(confirmed)
      confirmed.each { |(name, _), count| @reported[name] = count }
      @objects.forget_retained
      leaks.each { |leak| @reporters.report(leak) }
      leaks
    end

    def explain(confirmed)
      note = too_large
      found = note ? nil : paths_of(confirmed)
      with_paths(confirmed, found, note)
    rescue Error => e
      with_paths(confirmed, nil, "no path: #{e.message}")
    end

    def too_large
      bytes = GC.stat(:heap_live_slots) * 300
      return if bytes <= settings.disk

      "no path: a dump and its index would take about #{bytes / 1_000_000} MB; HEAP_DUMP_LEAKS_DISK allows " \
        "#{(settings.disk / 1_000_000).to_i} MB"
    end

    # For each class the path that most of its samples have.
    def paths_of(confirmed)
      samples = confirmed.map { |(name, _), count| @objects.addresses(name, count, SAMPLES) }
      found = HeldObjects.paths(samples.flatten, folder: settings.dir || Dir.tmpdir, rules: settings.rules, nice: NICE)
      samples.map do |addresses|
        held = found.shift(addresses.size).compact.select(&:held?)
        held.group_by(&:to_s).values.max_by(&:size)&.first
      end
    end

    # One leak for objects that the same path leads to: the nearest to the root
    # stands for those that it holds.
    def with_paths(confirmed, paths, note)
      return confirmed.map { |key, count| leak_without_path(key, count, note) } unless paths

      held = confirmed.zip(paths).select { |_, path| path }.sort_by { |_, path| path.labels.size }
      leads = []
      held.each do |(key, count), path|
        lead = leads.find { |_, _, other, _| path.labels.first(other.labels.size) == other.labels }
        lead ? lead.last << "#{count} × #{key.first}" : leads << [key, count, path, []]
      end
      leads.map { |lead| leak_of(*lead) }.reject { |leak| known?(leak.fingerprint) }
    end

    def leak_of(key, count, path, also)
      name, reason = key
      Leak.new(name, count, reason, path.to_s, path.look_at, path.fingerprint(name), also, nil)
    end

    def leak_without_path(key, count, note)
      Leak.new(key.first, count, key.last, nil, nil, nil, [], note)
    end

    # Whether the leak was reported before, by this process or in the file.
    def known?(fingerprint)
      return true if @fingerprints.key?(fingerprint) || settings.known_fingerprints.include?(fingerprint)

      @fingerprints[fingerprint] = true if @fingerprints.size < 10_000
      false
    end
  end
end
