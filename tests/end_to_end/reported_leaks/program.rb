# frozen_string_literal: true

# Runs one of the programs of leaks.rb and dumps it to dump.json in the current
# folder: program.rb NAME gem|dump_all
require_relative "../support/dump_heap"
require_dumper(ARGV.fetch(1))
PROGRAMS = {}
require_relative "leaks"

PROGRAMS.fetch(ARGV.fetch(0)).call
2.times { GC.start }
dump_heap(ARGV[1], "dump.json")
exit!(0)
