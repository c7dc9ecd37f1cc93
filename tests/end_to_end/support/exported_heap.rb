# frozen_string_literal: true

require_relative "end_to_end"

# The heap of programs/exported.rb as each test's heap.db, made once.
module ExportedHeap
  include EndToEnd

  PROGRAM = File.join(__dir__, "../programs/exported.rb")
  MADE = {}
  Minitest.after_run { FileUtils.remove_entry(File.dirname(MADE[:db])) if MADE[:db] }

  def setup
    super
    unless MADE[:db]
      ruby(PROGRAM, path("dump.json"))
      db = File.join(Dir.mktmpdir("heapq-exported"), "heap.db")
      load_dump(db: db)
      MADE[:db] = db
    end
    File.symlink(MADE[:db], path("heap.db"))
  end
end
