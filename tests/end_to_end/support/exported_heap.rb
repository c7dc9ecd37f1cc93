# frozen_string_literal: true

require_relative "end_to_end"

# The heap of programs/exported.rb as each test's heap.db, loaded once for all
# tests of a process.
module ExportedHeap
  include EndToEnd

  PROGRAM = File.join(__dir__, "../programs/exported.rb")
  MADE = {}
  Minitest.after_run { MADE.each_value { |db| FileUtils.remove_entry(File.dirname(db)) } }

  def setup
    super
    File.symlink(exported_db, path("heap.db"))
  end

  private

  def exported_db
    MADE[preloaded] ||= begin
      ruby(*preloaded, PROGRAM, path("dump.json"))
      File.join(Dir.mktmpdir("heapq-exported"), "heap.db").tap { |db| load_dump(db: db) }
    end
  end

  def preloaded = []
end

# The same in a Rails program of 0.3 million objects: a small heap has too few
# classes, names and bytes to break an export.
module RealHeap
  include ExportedHeap

  REAL_PROGRAM = File.join(__dir__, "../programs/real_program.rb")
  LEAST_OBJECTS = 300_000

  def setup
    skip "SKIPPED: needs Rails; install Debian's ruby-rails" unless system(RUBY, "-e", 'gem "rails"', %i[out err] => File::NULL)
    super
    assert_operator sql("SELECT value FROM meta WHERE key = 'objects'").first.to_i, :>=, LEAST_OBJECTS
  end

  private

  def preloaded = ["-r", REAL_PROGRAM]
end
