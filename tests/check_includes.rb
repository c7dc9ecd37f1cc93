# frozen_string_literal: true

# Holds the arrows between the rooms: reads the #include lines of all C and
# C++ sources below a folder and prints each one that points the wrong way.
#
#   ruby tests/check_includes.rb [REPOSITORY]
#
# Exits with 0 (nothing found), 1 (violations, one a line) or 2 (no sources).

require "set"

class IncludeCheck
  SOURCES = "{indexer,query,cli,dumper,tests,bench}/**/*.{h,hh,c,cc,cpp}"

  # What a room's sources may include, as beginnings of paths from the root of
  # the repository. A room that is not listed may include anything.
  ALLOWED = {
    "cli" => %w[cli/ query/ indexer/],
    "query" => %w[query/ indexer/base/ indexer/model/ indexer/sqlite/
                  indexer/store/schema.h],
    "indexer" => %w[indexer/]
  }.freeze

  # The folders of the extension: each may include those before it.
  EXTENSION = "dumper/ext/heap_dump"
  EXTENSION_FOLDERS = %w[util text ruby sampling layout heap record objects account walk capture].freeze

  ROOMS = %r{\A(?:indexer|query|cli|dumper|tests|bench)/}.freeze
  INCLUDE = /^\s*#\s*include\s*(?:"(?<quoted>[^"]+)"|<(?<angled>[^>]+)>)/.freeze

  # violations: lines "file:line: what is wrong", in the files' order.
  attr_reader :violations, :files

  def initialize(root)
    @root = root
    @violations = []
    @folders = Hash.new { |hash, folder| hash[folder] = {} }
    @files = Dir.glob(SOURCES, base: root).sort.each { |file| read(file) }
    report_cycles
  end

  private

  def read(file)
    room = file[%r{\A[^/]+}]
    text = File.binread(File.join(@root, file))
    text.each_line.with_index(1) do |line, number|
      match = INCLUDE.match(line) or next
      check(file, room, "#{file}:#{number}", match[:quoted], match[:quoted] || match[:angled])
    end
  end

  def check(file, room, place, quoted, path)
    if room == "dumper"
      dumper_include(file, place, quoted) if quoted
    elsif ROOMS.match?(path)
      include_of(file, room, place, path)
    elsif quoted && File.file?(File.join(@root, File.dirname(file), path))
      @violations << "#{place}: #{path} is no path from the repository's root"
    elsif path == "sqlite3.h" && ALLOWED.key?(room) && !file.start_with?("indexer/sqlite/")
      @violations << "#{place}: only indexer/sqlite/ includes sqlite3.h"
    end
  end

  # The gem builds alone: its includes start at its own folder of sources.
  def dumper_include(file, place, path)
    if File.file?(File.join(@root, EXTENSION, path))
      from, to = [file.delete_prefix("#{EXTENSION}/"), path].map { |each| File.dirname(each) }
      return if from == "." # init.cc, which is above all folders
      return if EXTENSION_FOLDERS.take(EXTENSION_FOLDERS.index(from).to_i + 1).include?(to)

      @violations << "#{place}: #{File.dirname(file)}/ may not include #{path}"
    elsif ROOMS.match?(path)
      @violations << "#{place}: dumper/ includes nothing of ours, but #{path}"
    elsif File.file?(File.expand_path(path, File.join(@root, File.dirname(file))))
      @violations << "#{place}: #{path} is not a path from #{EXTENSION}"
    end
  end

  def include_of(file, room, place, path)
    unless File.file?(File.join(@root, path))
      @violations << "#{place}: there is no #{path}"
      return
    end
    allowed = ALLOWED[room]
    if allowed && allowed.none? { |start| path.start_with?(start) }
      @violations << "#{place}: #{room}/ may not include #{path}"
    elsif !allowed.nil?
      from, to = [file, path].map { |each| File.dirname(each) }
      @folders[from][to] ||= place unless from == to
    end
  end

  # Folders that include each other, each cycle by one way round it.
  def report_cycles
    done = Set.new
    @folders.keys.sort.each do |start|
      cycle = way_back(start)
      next if cycle.nil? || !done.add?(cycle.sort)

      steps = (cycle + [start]).each_cons(2).map { |from, to| "#{to} (#{@folders[from][to]})" }
      @violations << "cycle: #{start} -> #{steps.join(' -> ')}"
    end
  end

  def way_back(start)
    came_from = {}
    queue = [start]
    while (folder = queue.shift)
      next unless @folders.key?(folder)

      @folders[folder].each_key do |to|
        return path_to(folder, came_from) if to == start
        next if came_from.key?(to)

        came_from[to] = folder
        queue << to
      end
    end
  end

  def path_to(folder, came_from)
    path = [folder]
    path.unshift(came_from[path.first]) while came_from.key?(path.first)
    path
  end
end

if $PROGRAM_NAME == __FILE__
  check = IncludeCheck.new(File.expand_path(ARGV[0] || "..", ARGV[0] ? Dir.pwd : __dir__))
  if check.files.empty?
    warn "check_includes: no sources found"
    exit 2
  end
  puts check.violations
  puts "#{check.files.size} files, #{check.violations.size} violations"
  exit check.violations.empty?
end
