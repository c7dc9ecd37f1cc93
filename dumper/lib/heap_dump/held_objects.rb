# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "../heap_dump"
require_relative "heapq"
require_relative "held_path"

module HeapDump
  # Finds what keeps objects of this process alive: takes one dump and asks
  # heapq, in a temporary folder that is removed afterwards.
  module HeldObjects
    # Methods of Object that work for a BasicObject and for overridden ones.
    ANY_TO_S = Kernel.instance_method(:to_s)
    CLASS_OF = Kernel.instance_method(:class)
    MODULE_NAME = Module.instance_method(:name)

    # Texts are needed for labels only.
    DUMP = { strings: :truncate, truncate: 64 }.freeze
    # Nothing works on a folder for so long.
    STALE_SECONDS = 3_600
    private_constant :DUMP, :STALE_SECONDS

    module_function

    # "0x7f…", as dumps and heapq have it. Does not keep the object alive.
    def address(object)
      format("0x%x", ANY_TO_S.bind_call(object)[/:0x(\h+)/, 1].to_i(16))
    end

    # The name of the object's class; "(anonymous class)" if it has none.
    def class_name(object)
      module_name(class_of(object))
    end

    def class_of(object)
      CLASS_OF.bind_call(object)
    end

    def module_name(type)
      MODULE_NAME.bind_call(type) || "(anonymous class)"
    end

    # The HeldPath of each of `addresses`; nil where heapq does not know the
    # object. Raises HeapDump::Error if there is no dump or no answer.
    def paths(addresses, folder: Dir.tmpdir, timeout: 300, rules: nil, nice: 0)
      FileUtils.mkdir_p(folder, mode: 0o700)
      remove_stale(folder)
      work = Dir.mktmpdir("heap_dump-leaks-", folder)
      heapq = Heapq.new(work, timeout: timeout, nice: nice)
      dump = File.join(work, "dump.json")
      HeapDump.dump(dump, timeout: timeout, **DUMP)
      heapq.load(dump)
      File.unlink(dump)
      addresses.map { |address| path(heapq, address, rules) }
    rescue SystemCallError => e
      raise Error, e.message
    ensure
      FileUtils.remove_entry(work, true) if work
    end

    # Removes what processes left that were killed.
    def remove_stale(folder)
      Dir.glob(File.join(folder, "heap_dump-leaks-*")).each do |left|
        status = File.lstat(left)
        FileUtils.remove_entry(left) if status.directory? && status.owned? && status.mtime < Time.now - STALE_SECONDS
      rescue SystemCallError
        next
      end
    end

    def path(heapq, address, rules)
      HeldPath.new(heapq.why_alive(address, rules: rules))
    rescue Heapq::Failed => e
      raise unless e.message.include?(address)

      nil # It was released before the dump, or moved.
    end
  end
end
