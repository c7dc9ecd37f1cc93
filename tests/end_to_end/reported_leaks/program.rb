# frozen_string_literal: true

# Runs one of the programs of leaks.rb and dumps it to dump.json in the current
# folder: program.rb NAME gem|dump_all
require(ARGV.fetch(1) == "gem" ? "heap_dump" : "objspace")
PROGRAMS = {}
require_relative "leaks"

PROGRAMS.fetch(ARGV.fetch(0)).call
2.times { GC.start }
if ARGV[1] == "gem"
  HeapDump.dump("dump.json")
else
  File.open("dump.json", "w") { |file| ObjectSpace.dump_all(output: file) }
end
exit!(0)
