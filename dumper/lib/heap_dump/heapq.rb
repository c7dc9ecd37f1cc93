# frozen_string_literal: true

require "json"
require_relative "errors"

module HeapDump
  # Runs the program heapq in a child process.
  class Heapq
    # heapq is not installed, failed, or took too long; the message says which.
    class Failed < Error; end

    # Where the gem for a platform has it.
    CARRIED = File.expand_path("../../libexec/heapq", __dir__)
    # Where a checkout of the sources has it.
    BUILT = File.expand_path("../../../build/cli/heapq", __dir__)
    REMEDY = "install heapq in a folder of PATH, or name it with HEAPQ=/path/to/heapq"
    POLL_SECONDS = 0.02
    private_constant :POLL_SECONDS

    # The path of heapq: the variable HEAPQ, else the one in this gem, else a
    # folder of PATH, else the build beside the gem. nil if there is none.
    def self.find(env = ENV)
      named = env["HEAPQ"].to_s
      return (File.expand_path(named) if executable?(named)) unless named.empty?

      folders = env["PATH"].to_s.split(File::PATH_SEPARATOR)
      [CARRIED, *folders.map { |folder| File.join(folder, "heapq") }, BUILT].find { |path| executable?(path) }
    end

    def self.executable?(path)
      File.file?(path) && File.executable?(path)
    end
    private_class_method :executable?

    # folder   for the index and the output; the caller removes it
    # timeout  seconds for one command
    # nice     added to the priority of this process
    def initialize(folder, timeout: 300, nice: 0, program: Heapq.find)
      raise Failed, "heapq is missing: #{REMEDY}" unless program

      @folder = folder
      @timeout = timeout
      @nice = nice
      @program = program
    end

    def load(dump)
      run("load", dump, "--quiet")
    end

    # The answer of `heapq why-alive` as a Hash with string keys.
    def why_alive(address, rules: nil)
      run_json("why-alive", address, *(["--rules", rules] if rules))
    end

    private

    def run_json(*arguments)
      JSON.parse(run(*arguments, "--format", "json"), max_nesting: false)
    rescue JSON::ParserError => e
      raise Failed, "heapq #{arguments.first}: #{e.message[0, 200]}"
    end

    # What the command prints.
    def run(*arguments)
      out, err = %w[out err].map { |name| File.join(@folder, name) }
      pid = Process.spawn({ "HEAPQ_DB" => nil }, @program, "--db", File.join(@folder, "heap.db"), *arguments,
                          in: File::NULL, out: out, err: err)
      lower_priority(pid)
      status = wait(pid, arguments.first)
      return File.read(out, encoding: "UTF-8") if status.nil? || status.success?

      raise Failed, File.read(err).lines.last.to_s.strip[0, 500]
    rescue SystemCallError => e
      raise Failed, "#{@program}: #{e.message}"
    end

    def lower_priority(pid)
      return if @nice.zero?

      priority = Process.getpriority(Process::PRIO_PROCESS, 0) + @nice
      Process.setpriority(Process::PRIO_PROCESS, pid, [priority, 19].min)
    rescue SystemCallError
      nil # It has ended already.
    end

    # The exit status; nil if the program's own `Process.wait` has taken it.
    def wait(pid, command)
      deadline = now + @timeout
      until Process.wait(pid, Process::WNOHANG)
        if now > deadline
          Process.kill(:KILL, pid)
          Process.wait(pid)
          raise Failed, "heapq #{command} took more than #{@timeout} s"
        end
        sleep POLL_SECONDS
      end
      $?
    rescue Errno::ECHILD, Errno::ESRCH
      nil
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
