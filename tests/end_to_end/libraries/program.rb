# frozen_string_literal: true

# Runs one of the programs of this folder and dumps it to dump.json in the
# current folder:
#
#   program.rb NAME gem|dump_all [in_rails]
#
# A program defines leak(count) or healthy; `in_rails` boots a Rails
# application first and leaks a few hundred objects beside it.
name, format, in_rails = ARGV
require_relative "../support/dump_heap"
require_dumper(format)
require_relative "rails_shop" if in_rails
require_relative name

# The block of a healthy program that is in the middle of its work calls this.
def take_dump
  GC.start
  dump_heap(ARGV[1], "dump.json")
  exit!(0)
end

respond_to?(:healthy, true) ? healthy : leak(in_rails ? 600 : 2000)
take_dump
